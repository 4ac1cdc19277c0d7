// The model under check, loaded from a reference folder in either of its two layouts, and the constants that belong to it.
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { disposeWeights, downsampling, loadConfig, loadJanus } from "@easel/janus";
import { isPolicyWeight } from "@easel/training";

/** A field of expected.json's constants, by path. */
export function constantsOf(expected) {
  return (path) => {
    let at = expected.constants;
    for (const key of path.split(".")) at = at?.[key];
    if (at === undefined) throw new Error(`expected/expected.json lacks constants.${path}`);
    return at;
  };
}

/** The picture side in pixels: the original's config.json leaves it out. */
async function imageSizeOf(reference, constant) {
  const config = await loadConfig(reference.path("original"));
  const [rows, columns] = constant("grid");
  if (rows !== columns) throw new Error(`constants.grid is ${rows} by ${columns}, not square`);
  return rows * downsampling(config.vq);
}

/**
 * Loads the model as a checkpoint folder would hold it: one layout beside the tokenizer. Policy weights are variables.
 * @param {"original" | "hf"} layout
 */
export async function loadSubject(reference, constant, layout) {
  const missing = [];
  for (const part of [layout, "tokenizer"]) if (!(await reference.has(part))) missing.push(`${part}/`);
  if (missing.length > 0) throw new Error(`the folder lacks ${missing.join(" and ")}`);
  const folder = await mkdtemp(join(tmpdir(), "easel-parity-"));
  try {
    await cp(reference.path("tokenizer"), folder, { recursive: true });
    await cp(reference.path(layout), folder, { recursive: true });
    const imageSize = await imageSizeOf(reference, constant);
    return await loadJanus(folder, { imageSize, trainable: isPolicyWeight });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One of the loaded models. */
export function needed(models, layout) {
  if (models[layout] === undefined)
    throw new Error(`this needs the checkpoint in ${layout}/, which did not load`);
  return models[layout];
}

/** Frees a model. */
export const disposeSubject = (model) => disposeWeights(model.params);
