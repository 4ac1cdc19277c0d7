// Options of the log-prob pass and of the supervised loss: temperature, entropies, stopped gradients, weights of parts. The
// numbers of the original model code, and all gradients, are checked by tools/parity.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  type HostTensor,
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

function largest(values: ArrayLike<number>): number {
  return Array.from(values).reduce((max, x) => Math.max(max, Math.abs(x)), 0);
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
    // Fillers of the bucket are meaningless, but finite.
    expect(largest(result.text)).toBeLessThan(100);
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
