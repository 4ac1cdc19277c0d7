// Writes what both sides compute on: checkpoints with random weights, packed batches, requests to the sampler. A process
// of its own, so that none of it weighs on what is measured.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startEngine, tf } from "@easel/engine";
import {
  exportCheckpoint,
  janusLayout,
  loadConfig,
  loadJanus,
  packSequences,
  saveJanus,
  uniformFor,
} from "@easel/janus";
import { say } from "./messages.mjs";
import { configOf, nanoFolder } from "./model-sizes.mjs";
import { plannedScenes } from "./planned-scenes.mjs";

const decoderParts = ["language", "image"];

/** Whole numbers in [0, below), the same in every run. */
const drawIds = (count, below, seed) =>
  Array.from({ length: count }, (_, position) =>
    Math.floor(uniformFor({ seed, group: 0, sample: 0, position }) * below),
  );

function randomWeight(name, shape, index) {
  if (name.endsWith("norm.weight")) return tf.ones(shape);
  return tf.randomNormal(shape, 0, name.startsWith("gen_") ? 0.1 : 0.02, "float32", index + 1);
}

async function writeCheckpoint({ size, folder }) {
  if (existsSync(join(folder, "model.safetensors"))) return;
  const nano = await loadJanus(nanoFolder, { parts: decoderParts });
  const config = configOf(size, nano.config);
  const weights = [...janusLayout(config, decoderParts)].map(([name, shape], index) => [
    name,
    randomWeight(name, shape, index),
  ]);
  const params = { weights: Object.fromEntries(weights) };
  await saveJanus(folder, { config, params, tokenizer: nano.tokenizer }, { parts: decoderParts });
}

/** Rows of prompt, chain and image of equal lengths: nothing is padded. Text ids are below `idsBelow`, or any. */
async function writeBatch({ checkpoint, file, rows, prompt, chain, idsBelow }) {
  const { language, image } = await loadConfig(checkpoint);
  const below = idsBelow ?? language.vocabulary;
  const packed = packSequences({
    rows: Array.from({ length: rows }, (_, row) => ({
      promptIds: drawIds(prompt, below, 3 * row + 1),
      chainIds: drawIds(chain, below, 3 * row + 2),
      imageCodes: drawIds(image.tokens, image.codes, 3 * row + 3),
    })),
    padId: 0,
    textBucket: rows * chain,
  });
  const plain = Object.entries(packed).map(([name, value]) => [
    name,
    ArrayBuffer.isView(value) ? [...value] : value,
  ]);
  writeFileSync(file, JSON.stringify(Object.fromEntries(plain)));
}

/** `caption` is a prompt for the trained model; `prompt` a number of arbitrary ids. */
async function writeRequests({ checkpoint, file, rows, caption, prompt, textCap }) {
  const { config, tokenizer } = await loadJanus(checkpoint, { parts: decoderParts });
  const promptIds =
    caption === undefined ? drawIds(prompt, config.language.vocabulary, 7) : tokenizer.encodePrompt(caption);
  const steps = textCap + 1 + config.image.tokens;
  const uniforms = Array.from({ length: steps * rows }, (_, i) =>
    uniformFor({ seed: 1, group: 0, sample: i % rows, position: Math.floor(i / rows) }),
  );
  writeFileSync(
    file,
    JSON.stringify({
      promptIds,
      textCap,
      imageTokens: config.image.tokens,
      beginImage: tokenizer.ids.beginImage,
      uniforms,
    }),
  );
}

/** So many prompts, each with its chain up to begin-of-image, all of one length: nothing is padded. */
async function writePlanned({ checkpoint, file, prompts }) {
  const { config, tokenizer } = await loadJanus(checkpoint, { parts: decoderParts });
  const byLength = new Map();
  for (const { caption, chain } of plannedScenes()) {
    const ids = [...tokenizer.encodePrompt(caption), ...tokenizer.encode(chain)];
    byLength.set(ids.length, [...(byLength.get(ids.length) ?? []), ids]);
  }
  const [largest] = [...byLength.values()].sort((a, b) => b.length - a.length);
  if (largest.length < prompts)
    throw new Error(`only ${largest.length} prompts with chains are of one length`);
  const [imageTokens, beginImage] = [config.image.tokens, tokenizer.ids.beginImage];
  writeFileSync(
    file,
    JSON.stringify({ prompts: largest.slice(0, prompts), textCap: 0, imageTokens, beginImage }),
  );
}

/** The transformers library's layout of a checkpoint. */
async function writeExport({ checkpoint, folder }) {
  if (existsSync(folder)) return;
  await exportCheckpoint({ source: checkpoint, layout: "transformers", out: folder });
}

async function writeCodes({ checkpoint, file, pictures }) {
  const { image } = await loadConfig(checkpoint);
  const codes = Array.from({ length: pictures }, (_, row) => drawIds(image.tokens, image.codes, row + 1));
  writeFileSync(file, JSON.stringify(codes));
}

const writers = {
  checkpoint: writeCheckpoint,
  batch: writeBatch,
  requests: writeRequests,
  planned: writePlanned,
  export: writeExport,
  codes: writeCodes,
};

await startEngine();
for (const input of JSON.parse(process.argv[2])) await writers[input.kind](input);
say({ ended: {} });
