// The sampler against greedy decodes of the original code (fixtures/README.md), against the log-prob pass, and against
// itself with other rows in the batch.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type HostTensor, type Params, readSafetensors, startEngine, tf, toTensor } from "@easel/engine";
import { beforeAll, describe, expect, it } from "vitest";
import { parseConfig } from "../config.js";
import { packSequences } from "../log-probs/pack-sequences.js";
import { packedTensors } from "../log-probs/packed-tensors.js";
import { type TokenLogProbsOptions, tokenLogProbs } from "../log-probs/token-log-probs.js";
import { uniformFor } from "./counter-uniform.js";
import { createSampler } from "./create-sampler.js";
import type { SampledSequence, SampleRequest, SamplerModel, SamplerOptions } from "./types.js";

const folder = new URL("../../fixtures/janus-tiny/", import.meta.url);
const PAD = 484;
const BOI = 485;

let model: SamplerModel;
/** The same model with 16 image tokens, for the cases that need not be long. */
let short: SamplerModel;
/** `short` with a text head of 12 ids, the last of them begin-of-image: some sampled chains end by themselves. */
let brief: SamplerModel;
let greedy: Map<string, HostTensor>;

function ints(name: string): number[] {
  return [...new Int32Array(greedy.get(name)!.bytes.slice().buffer)];
}

beforeAll(async () => {
  await startEngine({ backend: "cpu" });
  const json: unknown = JSON.parse(await readFile(new URL("original/config.json", folder), "utf8"));
  const config = parseConfig(json, { imageSize: 64 });
  const read = async (name: string): Promise<Map<string, HostTensor>> =>
    (await readSafetensors(fileURLToPath(new URL(name, folder)))).tensors;
  greedy = await read("expected/greedy.safetensors");
  const weights: Record<string, tf.Tensor> = {};
  for (const [name, host] of await read("original/model.safetensors")) {
    if (!name.startsWith("gen_vision_model.")) weights[name] = toTensor(host);
  }
  const tokenizer = { ids: { beginImage: BOI, pad: PAD } };
  model = { config, params: { weights }, tokenizer };
  short = { ...model, config: parseConfig(json, { imageSize: 32 }) };
  const head = "language_model.lm_head.weight";
  const params: Params = {
    weights: { ...weights, [head]: weights[head]!.slice([0, 0], [12, 64]).mul(0.05) },
  };
  brief = { ...short, params, tokenizer: { ids: { beginImage: 11, pad: PAD } } };
});

const still = (): number => 0;

function seeded(promptIds: readonly number[], sample: number, group = 0): SampleRequest {
  return { promptIds, uniform: (position) => uniformFor({ seed: 11, group, sample, position }) };
}

describe("greedy decoding", () => {
  it("gives the ids of the original code at guidance 5, chain and image", async () => {
    const sampler = createSampler(model, {
      maxRows: 1,
      promptBuckets: [40],
      textCap: 40,
      guidanceScale: 5,
      temperature: 0,
      segmentLengths: [48, 60],
    });
    const [result] = await sampler.sample([{ promptIds: ints("prompt_ids"), uniform: still }]);
    expect([...result!.chainIds]).toEqual(ints("text_ids"));
    expect([...result!.imageCodes]).toEqual(ints("image_ids"));
    expect(result!.forcedBoi).toBe(false);
    sampler.dispose();
  });

  it("appends begin-of-image at the cap, flags it, and records no log-prob for it", async () => {
    const sampler = createSampler(short, {
      maxRows: 1,
      promptBuckets: [38],
      textCap: 6,
      guidanceScale: 5,
      temperature: 0,
    });
    const [result] = await sampler.sample([{ promptIds: ints("capped.prompt_ids"), uniform: still }]);
    expect([...result!.chainIds]).toEqual(ints("capped.text_ids"));
    expect([...result!.imageCodes]).toEqual(ints("capped.image_ids"));
    expect(result!.forcedBoi).toBe(true);
    expect(result!.logProbs).toHaveLength(7 + 16);
    expect(result!.logProbs[6]).toBe(0);
    sampler.dispose();
  });
});

/** The log-prob pass over sampled sequences, in the sampler's order of tokens. */
function recompute(
  of: SamplerModel,
  rows: readonly { readonly prompt: readonly number[]; readonly drawn: SampledSequence }[],
  options: TokenLogProbsOptions,
): Float32Array[] {
  const packed = packSequences({
    rows: rows.map(({ prompt, drawn }) => ({ promptIds: prompt, ...drawn })),
    padId: PAD,
  });
  return tf.tidy(() => {
    const batch = tokenLogProbs(of.config, of.params, packedTensors(packed), options);
    const [text, image] = [batch.text.dataSync(), batch.image.dataSync()];
    let next = 0;
    return rows.map(({ drawn }, row) => {
      const chain = text.slice(next, next + drawn.chainIds.length);
      next += drawn.chainIds.length;
      const size = drawn.imageCodes.length;
      return Float32Array.from([...chain, ...image.slice(row * size, row * size + size)]);
    });
  });
}

const prompts = [
  [480, 5, 17, 300, 44],
  [480, 9, 2],
  [480, 61, 62, 63, 64, 65, 66, 70, 71],
];

const cut = { text: { topK: 11 }, image: { topK: 60, topP: 0.8 } };

describe.each([
  { guidanceScale: 1, temperature: 1, tolerance: 2e-5 },
  { guidanceScale: 3, temperature: 0.9, tolerance: 5e-5, truncation: cut },
  { guidanceScale: 1, temperature: 0.8, tolerance: 2e-5 },
  { guidanceScale: 3, temperature: 1, tolerance: 5e-5 },
])(
  "sampling at guidance $guidanceScale, temperature $temperature, truncation $truncation",
  ({ guidanceScale, temperature, tolerance, truncation = {} }) => {
    const settings = {
      promptBuckets: [12],
      textCap: 10,
      guidanceScale,
      temperature,
      truncation,
      segmentLengths: [8, 20],
    };

    it("records the log-probs that the log-prob pass gives, and draws the same alone as in a crowd", async () => {
      const crowd = createSampler(brief, { ...settings, maxRows: 7 });
      const alone = createSampler(brief, { ...settings, maxRows: 1 });
      const requests = [0, 1, 2, 0, 1, 0].map((prompt, sample) => seeded(prompts[prompt]!, sample, prompt));
      const drawn = await crowd.sample(requests);
      expect(drawn).toHaveLength(6);
      expect(new Set(drawn.map((row) => row.chainIds.length)).size).toBeGreaterThan(2);
      expect(drawn.some((row) => !row.forcedBoi)).toBe(true);
      const again = recompute(
        brief,
        drawn.map((row, i) => ({ prompt: requests[i]!.promptIds, drawn: row })),
        { temperature, guidanceScale, truncation },
      );
      drawn.forEach((row, i) => {
        row.logProbs.forEach((logProb, token) => {
          const forced = row.forcedBoi && token === row.chainIds.length - 1;
          if (!forced) expect(Math.abs(logProb - again[i]![token]!)).toBeLessThan(tolerance);
        });
      });
      for (const i of [1, 3]) {
        const [single] = await alone.sample([requests[i]!]);
        expect([...single!.chainIds]).toEqual([...drawn[i]!.chainIds]);
        expect([...single!.imageCodes]).toEqual([...drawn[i]!.imageCodes]);
        single!.logProbs.forEach((logProb, token) => {
          expect(Math.abs(logProb - drawn[i]!.logProbs[token]!)).toBeLessThan(tolerance);
        });
      }
      crowd.dispose();
      alone.dispose();
    });
  },
);

describe("createSampler", () => {
  it("draws chain and picture each at its own temperature, and records log-probs at it", async () => {
    const draw = async (temperature: SamplerOptions["temperature"] & object): Promise<SampledSequence> => {
      const settings = { maxRows: 1, promptBuckets: [8], textCap: 8, guidanceScale: 3, temperature };
      const sampler = createSampler(brief, settings);
      const [drawn] = await sampler.sample([seeded(prompts[0]!, 0)]);
      sampler.dispose();
      return drawn!;
    };
    const [likeliest, likelyChain] = [await draw({ text: 0, image: 0 }), await draw({ text: 0, image: 1 })];
    expect([...likelyChain.chainIds]).toEqual([...likeliest.chainIds]);
    expect([...likelyChain.imageCodes]).not.toEqual([...likeliest.imageCodes]);
    const drawn = await draw({ text: 1.5, image: 0.6 });
    expect([...drawn.chainIds]).not.toEqual([...likeliest.chainIds]);
    const rows = [{ prompt: prompts[0]!, drawn }];
    const [text, image] = [1.5, 0.6].map(
      (temperature) => recompute(brief, rows, { temperature, guidanceScale: 3 })[0]!,
    );
    const sampledText = drawn.chainIds.length - (drawn.forcedBoi ? 1 : 0);
    drawn.logProbs.forEach((logProb, token) => {
      const expected = token < drawn.chainIds.length ? text![token] : image![token];
      if (token < sampledText || token >= drawn.chainIds.length)
        expect(Math.abs(logProb - expected!)).toBeLessThan(5e-5);
    });
  });

  it("reads the model's weights at each call", async () => {
    const changing: { -readonly [K in keyof SamplerModel]: SamplerModel[K] } = { ...short };
    const sampler = createSampler(changing, { maxRows: 1, promptBuckets: [8], textCap: 2 });
    const [before] = await sampler.sample([seeded(prompts[0]!, 0)]);
    const name = "gen_head.vision_head.bias";
    const bias = tf.mul(tf.oneHot(tf.scalar(7, "int32"), 128).toFloat(), 1e4);
    changing.params = { weights: { ...short.params.weights, [name]: bias } };
    const [after] = await sampler.sample([seeded(prompts[0]!, 0)]);
    expect([...after!.imageCodes]).toEqual(new Array(16).fill(7));
    expect([...before!.imageCodes]).not.toEqual([...after!.imageCodes]);
    sampler.dispose();
  });

  it("reports mean entropies when asked to", async () => {
    const sampler = createSampler(short, { maxRows: 1, promptBuckets: [8], textCap: 2, entropy: true });
    const [drawn] = await sampler.sample([seeded(prompts[0]!, 0)]);
    expect(drawn!.textEntropy).toBeGreaterThan(0);
    expect(drawn!.textEntropy).toBeLessThan(Math.log(512));
    expect(drawn!.imageEntropy).toBeGreaterThan(0);
    expect(drawn!.imageEntropy).toBeLessThan(Math.log(128));
    sampler.dispose();
  });

  it("warms up without leaving tensors behind, and samples the same after it", async () => {
    const settings = { maxRows: 3, promptBuckets: [6], textCap: 4, segmentLengths: [3, 9], guidanceScale: 2 };
    const [warm, cold] = [createSampler(brief, settings), createSampler(brief, settings)];
    const before = tf.memory().numTensors;
    await warm.warmUp(2);
    expect(tf.memory().numTensors).toBe(before);
    expect(await warm.sample([seeded(prompts[0]!, 1)])).toEqual(await cold.sample([seeded(prompts[0]!, 1)]));
    warm.dispose();
    cold.dispose();
  });

  it("refuses too many rows and too long prompts, naming the limit", async () => {
    const sampler = createSampler(short, { maxRows: 1, promptBuckets: [4], textCap: 2 });
    const one = seeded([480, 1], 0);
    await expect(sampler.sample([one, one])).rejects.toMatchObject({ code: "EASEL_JANUS_TOO_MANY_ROWS" });
    await expect(sampler.sample([seeded(prompts[0]!, 0)])).rejects.toMatchObject({
      code: "EASEL_JANUS_PROMPT_TOO_LONG",
    });
    sampler.dispose();
  });

  it("stops between segments when the signal is aborted, and leaves no tensors behind", async () => {
    const sampler = createSampler(short, { maxRows: 1, promptBuckets: [4], textCap: 2, segmentLengths: [1] });
    const before = tf.memory().numTensors;
    const stop = new AbortController();
    const running = sampler.sample([seeded([480, 1], 0)], stop.signal);
    stop.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
    await sampler.sample([seeded([480, 1], 0)]);
    expect(tf.memory().numTensors).toBe(before);
    sampler.dispose();
  });
});
