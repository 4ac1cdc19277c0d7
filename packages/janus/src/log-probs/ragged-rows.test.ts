// A row computes the same in a ragged batch as alone, within rounding: log-probs, entropies and gradients, with and without
// guidance. The same of the sampler is in create-sampler.test.ts.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { readSafetensors, startEngine, tf, toTensor, valueAndGrads } from "@easel/engine";
import { beforeAll, expect, it } from "vitest";
import { type JanusConfig, parseConfig } from "../config.js";
import { packSequences, type SequenceRow } from "./pack-sequences.js";
import { packedTensors } from "./packed-tensors.js";
import { tokenLogProbs } from "./token-log-probs.js";

const folder = new URL("../../fixtures/janus-tiny/original/", import.meta.url);
const PAD = 484;
const BOI = 485;
let config: JanusConfig;
let weights: Record<string, tf.Variable>;

beforeAll(async () => {
  const isNative = process.env.EASEL_TENSORFLOW_DIR !== undefined;
  await startEngine({ backend: isNative ? "tensorflow" : "cpu" });
  const json: unknown = JSON.parse(await readFile(new URL("config.json", folder), "utf8"));
  config = parseConfig(json, { imageSize: 32 });
  const { tensors } = await readSafetensors(fileURLToPath(new URL("model.safetensors", folder)));
  weights = {};
  for (const [name, host] of tensors) {
    if (!name.startsWith("gen_vision_model.")) weights[name] = tf.variable(toTensor(host));
  }
});

const ids = (length: number, of: number): number[] =>
  Array.from({ length }, (_, i) => (7 * i * of + 3 * of) % 128);
const rows: readonly SequenceRow[] = [
  [1, 1],
  [9, 30],
  [4, 12],
].map(([prompt = 0, chain = 0], of) => ({
  promptIds: [480, ...ids(prompt, of + 1)],
  chainIds: [...ids(chain, of + 2), BOI],
  imageCodes: ids(16, of + 3),
}));

const trainedName = "language_model.model.layers.0.mlp.down_proj.weight";

function compute(of: readonly SequenceRow[], guidanceScale: number) {
  return tf.tidy(() => {
    const packed = packSequences({ rows: of, padId: PAD, textBucket: 16, rowBucket: 4 });
    const batch = packedTensors(packed);
    const columns: Float32Array[] = [];
    const { grads } = valueAndGrads(
      () => {
        const found = tokenLogProbs(config, { weights }, batch, { guidanceScale, temperature: 0.9 });
        for (const part of [found.text, found.image, found.textEntropy, found.imageEntropy]) {
          columns.push(part.dataSync() as Float32Array);
        }
        const text = tf.sum(tf.mul(found.text, batch.textMask));
        return tf.add(text, tf.sum(tf.mul(found.image, batch.imageMask)));
      },
      { [trainedName]: weights[trainedName] as tf.Variable },
    );
    const [text, image, textEntropy, imageEntropy] = columns as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    let start = 0;
    const ofRows = of.map(({ chainIds }, row) => {
      const chain = [start, start + chainIds.length] as const;
      start = chain[1];
      const picture = [16 * row, 16 * row + 16] as const;
      return [
        ...text.slice(...chain),
        ...image.slice(...picture),
        ...textEntropy.slice(...chain),
        ...imageEntropy.slice(...picture),
      ];
    });
    return { ofRows, gradient: [...(grads[trainedName]?.dataSync() ?? [])] };
  });
}

it.each([1, 3])("rows of three lengths together equal each alone, at guidance %i", (guidanceScale) => {
  const together = compute(rows, guidanceScale);
  const alone = rows.map((row) => compute([row], guidanceScale));
  alone.forEach(({ ofRows }, row) => {
    const [expected = []] = ofRows;
    expect(together.ofRows[row]).toHaveLength(expected.length);
    expected.forEach((value, i) => {
      expect(Math.abs(value - (together.ofRows[row]?.[i] ?? Number.NaN))).toBeLessThan(1e-4);
    });
  });
  const largest = together.gradient.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  expect(largest).toBeGreaterThan(0);
  together.gradient.forEach((value, i) => {
    const sum = alone.reduce((total, { gradient }) => total + (gradient[i] ?? Number.NaN), 0);
    expect(Math.abs(value - sum)).toBeLessThan(1e-5 + 1e-4 * largest);
  });
});
