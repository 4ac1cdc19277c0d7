// Guided log-probs, the guided loss, guided k3 and their gradients against an independent float64 model in JAX
// (fixtures/make_guided_golden.py), on TensorFlow's graph path.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  type HostTensor,
  jit,
  type Params,
  readSafetensors,
  startEngine,
  tf,
  toFloat32,
  toTensor,
  valueAndGrads,
} from "@easel/engine";
import { beforeAll, describe, expect, it } from "vitest";
import { type JanusConfig, parseConfig } from "../config.js";
import { packSequences, type SequenceRow } from "./pack-sequences.js";
import { type PackedTensors, packedTensors } from "./packed-tensors.js";
import { tokenLogProbs } from "./token-log-probs.js";

const folder = new URL("../../fixtures/janus-tiny/", import.meta.url);
const PAD = 484;
const SCALE = 5;

let config: JanusConfig;
let params: Params;
let trained: Record<string, tf.Variable>;
let golden: Map<string, HostTensor>;
let batch: PackedTensors;
/** Text tokens of the four rows, without the fillers of the bucket. */
let textCount: number;

const read = async (name: string): Promise<Map<string, HostTensor>> =>
  (await readSafetensors(fileURLToPath(new URL(name, folder)))).tensors;

function expected(name: string): Float32Array {
  const found = golden.get(name);
  if (found === undefined) throw new Error(`the reference numbers lack ${name}`);
  return toFloat32(found);
}

/** The largest difference, relative to the README's allowance for gradients. */
function excess(actual: ArrayLike<number>, wanted: Float32Array): number {
  expect(actual.length).toBe(wanted.length);
  const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const worst = wanted.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (actual[i] ?? Number.NaN))),
    0,
  );
  return worst / (1e-5 + 1e-4 * largest);
}

beforeAll(async () => {
  await startEngine();
  config = parseConfig(JSON.parse(await readFile(new URL("original/config.json", folder), "utf8")), {
    imageSize: 64,
  });
  golden = await read("expected/guided.safetensors");
  const names = [...golden.keys()].filter((name) => name.startsWith("nll.full.grad."));
  const wanted = new Set(names.map((name) => name.slice("nll.full.grad.".length)));
  trained = {};
  const weights: Record<string, tf.Tensor> = {};
  for (const [name, stored] of await read("original/model.safetensors")) {
    if (name.startsWith("gen_vision_model.")) continue;
    weights[name] = toTensor(stored);
    if (wanted.has(name)) {
      trained[name] = tf.variable(weights[name]);
      weights[name] = trained[name];
    }
  }
  params = { weights };

  const rollouts = await read("expected/grpo.safetensors");
  const ints = (name: string): Int32Array => {
    const found = rollouts.get(name);
    if (found === undefined) throw new Error(`the rollouts lack ${name}`);
    return new Int32Array(found.bytes.slice().buffer);
  };
  const [prompt, chains, lengths, images] = [
    ints("model.prompt_ids"),
    ints("model.chain_ids"),
    ints("model.chain_lens"),
    ints("model.image_ids"),
  ];
  const rows: SequenceRow[] = Array.from({ length: 4 }, (_, i) => ({
    promptIds: prompt,
    chainIds: chains.slice(i * 12, i * 12 + (lengths[i] ?? 0)),
    imageCodes: images.slice(i * 64, (i + 1) * 64),
  }));
  const packed = packSequences({ rows, padId: PAD, textBucket: 16 });
  textCount = packed.textCount;
  batch = packedTensors(packed);
});

describe.each(["full", "stop"] as const)("guidance with uncondGrad %s", (uncondGrad) => {
  const options = { guidanceScale: SCALE, uncondGrad };

  it("gives the independent model's log-probs", () => {
    const run = jit((b: PackedTensors) => tokenLogProbs(config, params, b, options), { name: "guided" });
    const { text, image } = run(batch);
    // Guided logits reach 46 and carry up to |w| + |1 - w| times the rounding of plain ones.
    const worst = (actual: ArrayLike<number>, wanted: Float32Array): number =>
      wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - (actual[i] ?? Number.NaN))), 0);
    expect(worst(text.dataSync(), expected("text"))).toBeLessThanOrEqual(1e-4);
    expect(worst(image.dataSync(), expected("image"))).toBeLessThanOrEqual(5e-4);
    run.dispose();
  });

  it.each(["nll", "k3"] as const)("gives the independent model's %s and gradients", (kind) => {
    const reference = {
      text: tf.pad1d(tf.tensor1d(expected("reference_text")), [
        0,
        (batch.textMask.shape[0] ?? 0) - textCount,
      ]),
      image: tf.tensor2d(expected("reference_image"), [4, 64]),
    };
    const run = jit(
      (b: PackedTensors, ref: typeof reference) =>
        valueAndGrads(() => {
          const { text, image } = tokenLogProbs(config, params, b, options);
          const part = (l: tf.Tensor, r: tf.Tensor, mask: tf.Tensor): tf.Tensor => {
            const distance = tf.sub(r, l);
            const token = kind === "nll" ? tf.neg(l) : tf.sub(tf.sub(tf.exp(distance), distance), 1);
            return tf.sum(tf.mul(token, mask));
          };
          const sum = tf.add(part(text, ref.text, b.textMask), part(image, ref.image, b.imageMask));
          return tf.div(sum, textCount + 4 * 64);
        }, trained),
      { name: "guided-gradients" },
    );
    const { value, grads } = run(batch, reference);
    const loss = expected(`${kind}.${uncondGrad}.loss`)[0] ?? Number.NaN;
    expect(Math.abs((value.dataSync()[0] ?? Number.NaN) - loss)).toBeLessThanOrEqual(
      1e-5 * Math.max(1, loss),
    );
    for (const name of Object.keys(trained)) {
      const gradient = grads[name];
      if (gradient === undefined) throw new Error(`${name} has no gradient`);
      expect(
        excess(gradient.dataSync(), expected(`${kind}.${uncondGrad}.grad.${name}`)),
        name,
      ).toBeLessThanOrEqual(1);
    }
    run.dispose();
  });
});
