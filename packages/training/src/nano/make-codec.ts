// `easel vq`: trains janus-nano's picture codec and writes it with its measurements. The training itself is vq/.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type EngineInfo, type HostTensor, readSafetensors, writeSafetensors } from "@easel/engine";
import { disposeWeights, placeWeights } from "@easel/janus";
import { type VqQuality, vqQuality } from "../vq/vq-quality.js";
import { trainVq, type VqProgress } from "../vq/vq-trainer.js";
import { compileVqRecipe, type VqRecipe, vqRecipeSchema } from "./vq-recipe.js";

/** What is known about a finished codec. */
export type CodecRecord = {
  readonly recipe: VqRecipe;
  readonly quality: VqQuality;
  /** Share of codes in use at the end of training, in [0,1]. */
  readonly codebookUse: number;
  readonly seconds: number;
  readonly engine: EngineInfo;
};

const weightsFile = "codec.safetensors";
const recordFile = "codec.json";

/**
 * Trains, measures and writes a codec.
 *
 * @param folder made if absent
 * @param nowMs a clock in ms, for the record
 */
export async function makeCodec(
  recipe: VqRecipe,
  folder: string,
  engine: EngineInfo,
  nowMs: () => number,
  onProgress: (progress: VqProgress) => void,
  signal?: AbortSignal,
): Promise<CodecRecord> {
  const { codec, training } = compileVqRecipe(recipe);
  const startedMs = nowMs();
  let codebookUse = 0;
  const weights = await trainVq(
    codec,
    training,
    (progress) => {
      codebookUse = progress.codebookUse;
      onProgress(progress);
    },
    signal,
  );
  const seconds = (nowMs() - startedMs) / 1000;
  const params = placeWeights(weights);
  const quality = await vqQuality(codec, params, recipe.qualityPictures, recipe.seed);
  disposeWeights(params);
  const record: CodecRecord = { recipe, quality, codebookUse, seconds, engine };
  await mkdir(folder, { recursive: true });
  await writeSafetensors(join(folder, weightsFile), weights);
  await writeFile(join(folder, recordFile), `${JSON.stringify(record, null, 2)}\n`);
  return record;
}

/** Reads what {@link makeCodec} wrote. */
export async function readCodec(
  folder: string,
): Promise<{ readonly weights: Map<string, HostTensor>; readonly record: CodecRecord }> {
  const { tensors } = await readSafetensors(join(folder, weightsFile));
  const value = JSON.parse(await readFile(join(folder, recordFile), "utf8")) as CodecRecord;
  return { weights: tensors, record: { ...value, recipe: vqRecipeSchema.parse(value.recipe) } };
}
