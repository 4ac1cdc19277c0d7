// Writes what both sides compute on: checkpoints with random weights, packed batches, requests to the sampler. A process
// of its own, so that none of it weighs on what is measured.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startEngine, tf } from "@easel/engine";
import { janusLayout, loadConfig, loadJanus, packSequences, saveJanus, uniformFor } from "@easel/janus";
import { say } from "./messages.mjs";
import { configOf, nanoFolder } from "./model-sizes.mjs";

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

/** Rows of prompt, chain and image of equal lengths: nothing is padded. */
async function writeBatch({ checkpoint, file, rows, prompt, chain }) {
  const { language, image } = await loadConfig(checkpoint);
  const packed = packSequences({
    rows: Array.from({ length: rows }, (_, row) => ({
      promptIds: drawIds(prompt, language.vocabulary, 3 * row + 1),
      chainIds: drawIds(chain, language.vocabulary, 3 * row + 2),
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

async function writeCodes({ checkpoint, file, pictures }) {
  const { image } = await loadConfig(checkpoint);
  const codes = Array.from({ length: pictures }, (_, row) => drawIds(image.tokens, image.codes, row + 1));
  writeFileSync(file, JSON.stringify(codes));
}

const writers = {
  checkpoint: writeCheckpoint,
  batch: writeBatch,
  requests: writeRequests,
  codes: writeCodes,
};

await startEngine();
for (const input of JSON.parse(process.argv[2])) await writers[input.kind](input);
say({ ended: {} });
