// The decoder, its heads and the log-prob pass against PyTorch numbers of the original model code
// (fixtures/README.md; tolerances are the ones recommended there).
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  type HostTensor,
  type Params,
  readPeftAdapter,
  readSafetensors,
  startEngine,
  tf,
  toFloat32,
  toTensor,
  valueAndGrads,
} from "@easel/engine";
import { beforeAll, describe, expect, it } from "vitest";
import { type JanusConfig, parseConfig } from "../config.js";
import { imageEmbedding, textEmbedding } from "../decoder/embeddings.js";
import { imageLogits, textLogits } from "../decoder/heads.js";
import { decoderForward } from "../decoder/layers.js";
import { type PackedSequences, packSequences, type SequenceRow } from "./pack-sequences.js";
import { packedTensors } from "./packed-tensors.js";
import { sequenceLoss } from "./sequence-loss.js";
import { tokenLogProbs } from "./token-log-probs.js";

const folder = new URL("../../fixtures/janus-tiny/", import.meta.url);
const PAD = 484;
type Tensors = Map<string, HostTensor>;

async function tensorsOf(name: string): Promise<Tensors> {
  return (await readSafetensors(fileURLToPath(new URL(name, folder)))).tensors;
}

function intsOf(from: Tensors, name: string): Int32Array {
  const { bytes } = from.get(name)!;
  return new Int32Array(bytes.slice().buffer);
}

function floatsOf(from: Tensors, name: string): Float32Array {
  return toFloat32(from.get(name)!);
}

function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((actual[i] as number) - (expected[i] as number));
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

function largest(values: ArrayLike<number>): number {
  return Array.from(values).reduce((max, x) => Math.max(max, Math.abs(x)), 0);
}

function expectGradient(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(largestDifference(actual, expected)).toBeLessThanOrEqual(1e-5 + 1e-4 * largest(expected));
}

let config: JanusConfig;
let params: Params;
let variables: Record<string, tf.Variable>;
let forward: Tensors;

beforeAll(async () => {
  await startEngine({ backend: "cpu" });
  const json: unknown = JSON.parse(await readFile(new URL("original/config.json", folder), "utf8"));
  config = parseConfig(json, { imageSize: 64 });
  variables = {};
  for (const [name, host] of await tensorsOf("original/model.safetensors")) {
    if (!name.startsWith("gen_vision_model.")) variables[name] = tf.variable(toTensor(host), true);
  }
  params = { weights: variables };
  forward = await tensorsOf("expected/forward.safetensors");
});

/** The mixed sequence of the fixture: 8 prompt ids, 12 chain ids, 64 codes. */
function mixedRow(): SequenceRow {
  const prefix = intsOf(forward, "mixed.prefix_ids");
  return {
    promptIds: prefix.slice(0, 8),
    chainIds: prefix.slice(8),
    imageCodes: intsOf(forward, "mixed.image_ids"),
  };
}

/** Another row of another length, so that padding takes part. */
const shorterRow = (): SequenceRow => ({
  promptIds: [480, 7, 9],
  chainIds: [12, 485],
  imageCodes: new Int32Array(64).fill(5),
});

describe("decoderForward", () => {
  it("gives the states after every layer, and the text logits, of the original code", () => {
    tf.tidy(() => {
      const ids = tf.tensor2d(intsOf(forward, "text.ids"), [2, 24], "int32");
      const seen: Float32Array[] = [];
      const hidden = decoderForward(config.language, params, textEmbedding(params, ids), {
        observe: (_layer, residual) => seen.push(residual.dataSync() as Float32Array),
      });
      expect(seen).toHaveLength(2);
      expect(largestDifference(seen[0]!, floatsOf(forward, "text.hidden.layer0"))).toBeLessThan(5e-5);
      expect(largestDifference(seen[1]!, floatsOf(forward, "text.hidden.layer1"))).toBeLessThan(5e-5);
      expect(largestDifference(hidden.dataSync(), floatsOf(forward, "text.hidden.final"))).toBeLessThan(5e-5);
      const logits = textLogits(params, hidden);
      expect(largestDifference(logits.dataSync(), floatsOf(forward, "text.logits"))).toBeLessThan(1e-4);
    });
  });

  it("embeds image codes alike through the whole table and one by one", () => {
    tf.tidy(() => {
      const expected = floatsOf(forward, "image.embed");
      const ids = tf.tensor2d(intsOf(forward, "image.ids"), [2, 64], "int32");
      expect(largestDifference(imageEmbedding(config, params, ids).dataSync(), expected)).toBeLessThan(5e-5);
      const row = imageEmbedding(config, params, ids.slice([0, 0], [1, 64]));
      expect(largestDifference(row.dataSync(), expected.slice(0, 64 * 64))).toBeLessThan(5e-5);
    });
  });

  it("reads image logits at the place before each code", () => {
    tf.tidy(() => {
      const hidden = tf.tensor2d(floatsOf(forward, "mixed.hidden.final"), [84, 64]);
      const logits = imageLogits(params, hidden.slice([19, 0], [64, 64]));
      const expected = floatsOf(forward, "mixed.image_logits");
      expect(largestDifference(logits.dataSync(), expected)).toBeLessThan(1e-4);
    });
  });
});

function logProbsOf(packed: PackedSequences, options: Parameters<typeof tokenLogProbs>[3] = {}) {
  return tf.tidy(() => {
    const { text, image, textEntropy, imageEntropy } = tokenLogProbs(
      config,
      params,
      packedTensors(packed),
      options,
    );
    return {
      text: text.dataSync(),
      image: image.dataSync(),
      textEntropy: textEntropy.dataSync(),
      imageEntropy: imageEntropy.dataSync(),
    };
  });
}

describe("tokenLogProbs", () => {
  it("gives the conditional log-probs of the original code, whatever else is in the batch", () => {
    const packed = packSequences({ rows: [shorterRow(), mixedRow()], padId: PAD, rowBucket: 4 });
    const result = logProbsOf(packed);
    const chain = result.text.slice(2, 14);
    expect(largestDifference(chain, floatsOf(forward, "mixed.chain_logprobs"))).toBeLessThan(1e-4);
    const image = result.image.slice(64, 128);
    expect(largestDifference(image, floatsOf(forward, "mixed.image_logprobs"))).toBeLessThan(1e-4);
    expect(largest(result.text)).toBeLessThan(100);
  });

  it("gives the guided log-probs of the original code; chain tokens stay unguided", () => {
    const packed = packSequences({ rows: [mixedRow(), shorterRow()], padId: PAD });
    for (const uncondGrad of ["full", "stop"] as const) {
      const result = logProbsOf(packed, { guidanceScale: 5, uncondGrad });
      const image = result.image.slice(0, 64);
      expect(largestDifference(image, floatsOf(forward, "cfg.guided_logprobs"))).toBeLessThan(5e-4);
      const chain = result.text.slice(0, 12);
      expect(largestDifference(chain, floatsOf(forward, "mixed.chain_logprobs"))).toBeLessThan(1e-4);
    }
  });

  it("applies the temperature and gives entropies that agree with the logits", () => {
    const packed = packSequences({ rows: [mixedRow()], padId: PAD });
    const result = logProbsOf(packed, { temperature: 0.7 });
    const logits = floatsOf(forward, "mixed.image_logits");
    const targets = intsOf(forward, "mixed.image_ids");
    for (const token of [0, 17, 63]) {
      const row = Array.from(logits.slice(token * 128, token * 128 + 128), (x) => x / 0.7);
      const logTotal = Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
      const entropy = row.reduce((sum, x) => sum - Math.exp(x - logTotal) * (x - logTotal), 0);
      expect(result.image[token]).toBeCloseTo(row[targets[token]!]! - logTotal, 3);
      expect(result.imageEntropy[token]).toBeCloseTo(entropy, 3);
    }
    expect(Array.from(result.textEntropy.slice(0, 12)).every((x) => x > 0 && x < Math.log(512))).toBe(true);
  });

  it("stops the gradient at the unconditional row when asked to", () => {
    const packed = packSequences({ rows: [mixedRow()], padId: PAD });
    const padRow = (uncondGrad: "full" | "stop"): number =>
      tf.tidy(() => {
        const batch = packedTensors(packed);
        const name = "language_model.model.embed_tokens.weight";
        const { grads } = valueAndGrads(
          () => tf.sum(tokenLogProbs(config, params, batch, { guidanceScale: 5, uncondGrad }).image),
          { [name]: variables[name]! },
        );
        return largest(grads[name]!.slice([PAD, 0], [1, 64]).dataSync());
      });
    expect(padRow("stop")).toBe(0);
    expect(padRow("full")).toBeGreaterThan(1e-3);
  });
});

describe("sequenceLoss", () => {
  it("gives the loss and all gradients of the original code", async () => {
    const expected = await tensorsOf("expected/grad.safetensors");
    tf.tidy(() => {
      const batch = packedTensors(packSequences({ rows: [mixedRow()], padId: PAD }));
      const { value, grads } = valueAndGrads(() => sequenceLoss(config, params, batch).loss, variables);
      expect(Math.abs(value.dataSync()[0]! - floatsOf(expected, "nll")[0]!)).toBeLessThan(1e-5);
      const whole = [...expected.keys()].filter((key) => key.startsWith("grad."));
      expect(whole.length).toBe(16);
      for (const key of whole) {
        expectGradient(grads[key.slice("grad.".length)]!.dataSync(), floatsOf(expected, key));
      }
      for (const [weight, ids] of [
        ["language_model.model.embed_tokens.weight", "grad_rows.ids"],
        ["language_model.lm_head.weight", "grad_lm_head_rows.ids"],
      ] as const) {
        const key = weight.includes("lm_head") ? `grad_lm_head_rows.${weight}` : `grad_rows.${weight}`;
        const rows = tf.gather(grads[weight]!, tf.tensor1d(intsOf(expected, ids), "int32"));
        expectGradient(rows.dataSync(), floatsOf(expected, key));
      }
    });
  });

  it("weights the parts, and trains dropped conditions on image tokens only", () => {
    tf.tidy(() => {
      const dropped = { ...mixedRow(), dropCondition: true };
      const batch = packedTensors(packSequences({ rows: [dropped], padId: PAD }));
      const { loss, chain, boi, image } = sequenceLoss(config, params, batch, {
        chain: 1,
        boi: 1,
        image: 0.5,
      });
      expect(chain.dataSync()[0]).toBeCloseTo(0, 9);
      expect(boi.dataSync()[0]).toBeCloseTo(0, 9);
      const uncond = floatsOf(forward, "cfg.uncond_logits");
      const targets = intsOf(forward, "mixed.image_ids");
      const nll = Array.from(targets, (target, token) => {
        const row = Array.from(uncond.slice(token * 128, token * 128 + 128));
        return Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0)) - row[target]!;
      });
      const mean = nll.reduce((sum, x) => sum + x, 0) / nll.length;
      expect(image.dataSync()[0]).toBeCloseTo(mean, 3);
      expect(loss.dataSync()[0]).toBeCloseTo(mean, 3);
    });
    tf.tidy(() => {
      const batch = packedTensors(packSequences({ rows: [mixedRow()], padId: PAD }));
      const { loss, chain, boi, image } = sequenceLoss(config, params, batch, {
        chain: 2,
        boi: 3,
        image: 0.5,
      });
      const [c, b, i] = [chain, boi, image].map((x) => x.dataSync()[0]!) as [number, number, number];
      const expected = (2 * 11 * c + 3 * b + 0.5 * 64 * i) / (2 * 11 + 3 + 0.5 * 64);
      expect(loss.dataSync()[0]).toBeCloseTo(expected, 4);
    });
  });
});

describe("with a LoRA adapter", () => {
  it("gives the log-probs and adapter gradients of a GRPO step of the original code", async () => {
    const expected = await tensorsOf("expected/grpo.safetensors");
    const adapter = await readPeftAdapter(fileURLToPath(new URL("lora", folder)));
    const lengths = intsOf(expected, "model.chain_lens");
    const chains = intsOf(expected, "model.chain_ids");
    const images = intsOf(expected, "model.image_ids");
    const rows = Array.from(lengths, (length, row) => ({
      promptIds: intsOf(expected, "model.prompt_ids"),
      chainIds: chains.slice(row * 12, row * 12 + length),
      imageCodes: images.slice(row * 64, row * 64 + 64),
    }));
    const packed = packSequences({ rows, padId: PAD });
    // The fixture's columns are chain then image tokens of each row; here text tokens and images are apart.
    const split = (name: string): { text: Float32Array; image: Float32Array } => {
      const all = floatsOf(expected, name);
      const text = new Float32Array(packed.textMask.length);
      const image = new Float32Array(4 * 64);
      let next = 0;
      rows.forEach((row, r) => {
        const chainLength = row.chainIds.length;
        for (let i = 0; i < chainLength; i++) text[next++] = all[r * 76 + i]!;
        for (let i = 0; i < 64; i++) image[r * 64 + i] = all[r * 76 + chainLength + i]!;
      });
      return { text, image };
    };
    const withAdapter: Params = { weights: params.weights, adapters: [adapter] };
    const advantages = floatsOf(expected, "model.advantages");
    const textAdvantages = Float32Array.from(packed.textRows, (row) => advantages[row]!);
    const imageAdvantages = Float32Array.from({ length: 256 }, (_, i) => advantages[Math.floor(i / 64)]!);
    const [policy, old, reference] = [split("model.logp"), split("model.logp_old"), split("model.logp_ref")];
    const tokens = packed.textCount + 256;
    const partLoss = (
      logProbs: tf.Tensor,
      oldValues: Float32Array,
      referenceValues: Float32Array,
      advantage: Float32Array,
      mask: Float32Array,
    ): tf.Tensor => {
      const ratio = tf.exp(tf.sub(logProbs, oldValues));
      const clipped = tf.clipByValue(ratio, 0.8, 1.2);
      const gain = tf.minimum(tf.mul(ratio, advantage), tf.mul(clipped, advantage));
      const drift = tf.sub(tf.tensor1d(referenceValues), logProbs);
      const kl = tf.sub(tf.sub(tf.exp(drift), drift), 1);
      return tf.sum(tf.mul(tf.sub(tf.mul(kl, 0.01), gain), mask));
    };
    tf.tidy(() => {
      const batch = packedTensors(packed);
      const trained: Record<string, tf.Variable> = {};
      for (const [path, { a, b }] of Object.entries(adapter.pairs)) {
        trained[`${path}.lora_A`] = a as tf.Variable;
        trained[`${path}.lora_B`] = b as tf.Variable;
      }
      const { value, grads } = valueAndGrads(() => {
        const { text, image } = tokenLogProbs(config, withAdapter, batch);
        const flat = tf.reshape(image, [256]);
        expect(
          largestDifference(
            text.dataSync().slice(0, packed.textCount),
            policy.text.slice(0, packed.textCount),
          ),
        ).toBeLessThan(1e-4);
        expect(largestDifference(flat.dataSync(), policy.image)).toBeLessThan(1e-4);
        const loss = tf.add(
          partLoss(text, old.text, reference.text, textAdvantages, packed.textMask),
          partLoss(flat, old.image, reference.image, imageAdvantages, packed.imageMask),
        );
        return tf.div(loss, tokens);
      }, trained);
      expect(Math.abs(value.dataSync()[0]! - floatsOf(expected, "model.losses")[0]!)).toBeLessThan(1e-5);
      for (const [name, gradient] of Object.entries(grads)) {
        const key = `model.grad.base_model.model.${name}.weight`;
        expectGradient(gradient.dataSync(), floatsOf(expected, key));
      }
      expect(Object.keys(grads)).toHaveLength(8);
    });
  });
});
