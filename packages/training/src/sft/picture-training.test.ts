// Supervised training on a file of pictures, on the small model in the original layout: the loss falls, what should stay
// frozen stays, a stopped training goes on bit for bit, and the codec looks at each picture once.
import { cp, mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatObject } from "@easel/chain";
import { readSupervisedExamples } from "@easel/data";
import { startEngine, tf, variablesToHost, weight } from "@easel/engine";
import { digestOf, type JanusModel, loadJanus } from "@easel/janus";
import { encodePng } from "@easel/shapeworld";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isPolicyWeight } from "../policy/trainable-policy.js";
import { openCodeCache } from "./code-cache.js";
import type { HeldOutLoss } from "./held-out-loss.js";
import { codecDigest, createPictureEncoder } from "./picture-encoder.js";
import { type PicturePreparation, picturesToRows } from "./picture-examples.js";
import { type PictureTraining, trainOnPictures } from "./picture-training.js";
import type { SftProgress, SftTraining } from "./sft-trainer.js";
import { type SupervisedAdapter, supervisedModel } from "./supervised-model.js";

const tiny = fileURLToPath(new URL("../../../janus/fixtures/janus-tiny", import.meta.url));
let folder: string;
let checkpoint: string;
let file: string;

const how: PicturePreparation = {
  policy: "centre-crop",
  keepBox: 0.3,
  lostBox: "unmark",
  maxPixels: 1_000_000,
  maxBytes: 1_000_000,
  maxChainTokens: 200,
  maxPromptTokens: 200,
};

const training: SftTraining = {
  steps: 6,
  batch: 4,
  rowsPerPass: 4,
  warmupSteps: 1,
  floor: 0.5,
  adamRate: 3e-3,
  muonRate: 0,
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-6,
  weightDecay: 0.05,
  maxGradientNorm: 1,
  matmul: "f32",
  conditionDropout: 0.25,
  parts: { chain: 1, boi: 0.5, image: 2 },
};

const lora: SupervisedAdapter = {
  rank: 4,
  alpha: 4,
  targets: ["q_proj", "v_proj", "down_proj"],
  tokenRows: true,
};

const colours = { red: [220, 40, 40], green: [40, 165, 60], blue: [50, 80, 225] } as const;

/** A coloured rectangle on grey in a picture wider than high, and its line. */
async function example(at: number): Promise<string> {
  const [width, height] = [96, 64];
  const colour = Object.keys(colours)[at % 3] as keyof typeof colours;
  const left = 8 + 10 * at;
  const data = new Uint8Array(width * height * 3).fill(200);
  for (let y = 16; y < 48; y++) {
    for (let x = left; x < left + 24; x++) data.set(colours[colour], (y * width + x) * 3);
  }
  await writeFile(join(folder, `${at}.png`), encodePng({ width, height, data }));
  const thousandths = (pixels: number): number => Math.round((pixels / width) * 1000);
  const box = { x1: thousandths(left), y1: 250, x2: thousandths(left + 24), y2: 750 };
  const chain = `A ${formatObject(`${colour} block`, box)}.`;
  const prompt = `a ${colour} block`;
  return JSON.stringify({ id: `${at}`, prompt, chain, image: `${at}.png`, width, height, source: "made" });
}

beforeAll(async () => {
  await startEngine();
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-sft-"));
  checkpoint = join(folder, "model");
  await cp(join(tiny, "original"), checkpoint, { recursive: true });
  await cp(join(tiny, "tokenizer/tokenizer.json"), join(checkpoint, "tokenizer.json"));
  file = join(folder, "data.jsonl");
  const lines = await Promise.all(Array.from({ length: 6 }, (_, at) => example(at)));
  await writeFile(file, `${lines.join("\n")}\n`);
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** The fixture's pictures have 64 pixels a side, which its config leaves out. */
async function load(adapter: SupervisedAdapter): Promise<JanusModel> {
  return loadJanus(checkpoint, {
    imageSize: 64,
    ...(adapter === null ? { trainable: isPolicyWeight } : {}),
  });
}

async function prepare(model: JanusModel, preparation = how) {
  const { image, vq } = model.config;
  const scope = {
    policy: preparation.policy,
    side: image.imageSize,
    revision: 1,
    codec: await codecDigest({ vq }, model.params),
    tokens: image.tokens,
    codes: image.codes,
  };
  const cache = await openCodeCache(join(folder, "codes"), scope);
  const encoder = createPictureEncoder({ vq }, model.params, image.imageSize);
  const tools = { tokenizer: model.tokenizer, encoder, cache, image };
  const found = await picturesToRows(readSupervisedExamples(file), file, preparation, tools);
  encoder.dispose();
  return found;
}

type Trained = {
  readonly digest: string;
  readonly progress: readonly SftProgress[];
  readonly heldOut: readonly (HeldOutLoss & { readonly step: number })[];
  readonly model: JanusModel;
  readonly variables: Readonly<Record<string, tf.Variable>>;
};

async function train(
  o: Partial<Omit<PictureTraining, "model">> & { readonly adapter?: SupervisedAdapter } = {},
): Promise<Trained> {
  const { adapter = lora, ...more } = o;
  const model = await load(adapter);
  const { rows } = await prepare(model);
  const { params, trained } = supervisedModel(model, adapter, 1);
  const progress: SftProgress[] = [];
  const heldOut: (HeldOutLoss & { step: number })[] = [];
  await trainOnPictures({
    model: { config: model.config, params, trained, adapter, padId: model.tokenizer.ids.pad },
    train: rows,
    heldOut: rows.slice(0, 2),
    training,
    schedule: { reportEvery: 1, devEvery: 3, saveEvery: 3, samplesEvery: 0 },
    seed: 7,
    stateFolder: join(folder, "states"),
    resume: false,
    checkpoint: "start",
    hooks: {
      onProgress: (one) => void progress.push(one),
      onHeldOut: (step, loss) => void heldOut.push({ step, ...loss }),
      onSamples: async () => {},
    },
    ...more,
  });
  const digest = digestOf(await variablesToHost(trained));
  return { digest, progress, heldOut, model, variables: trained };
}

describe("picturesToRows", () => {
  it("makes prompt, chain and codes, the chain without BOS and ending in begin-of-image", async () => {
    const model = await load(lora);
    const { rows, refused, encoded } = await prepare(model);
    expect([rows.length, refused, encoded]).toEqual([6, [], 6]);
    const { ids } = model.tokenizer;
    for (const { promptIds, chainIds, imageCodes } of rows) {
      expect(promptIds[0]).toBe(ids.begin);
      expect(Array.from(chainIds).indexOf(ids.begin)).toBe(-1);
      expect(Array.from(chainIds).indexOf(ids.beginImage)).toBe(chainIds.length - 1);
      expect(imageCodes.length).toBe(model.config.image.tokens);
    }
    // The middle 64 of 96 pixels are shown, 16 to 80; the second rectangle goes from 18 to 42.
    expect(model.tokenizer.decode(Array.from(rows[1]?.chainIds ?? []))).toBe(
      `A ${formatObject("green block", { x1: 32, y1: 250, x2: 407, y2: 750 })}.<begin_of_image>`,
    );
  });

  it("encodes each picture once, until preparation or picture change", async () => {
    const model = await load(lora);
    const first = await prepare(model);
    const again = await prepare(model);
    expect([again.encoded, again.cached]).toEqual([0, 6]);
    const codes = (found: typeof first) => found.rows.map(({ imageCodes }) => Array.from(imageCodes));
    expect(codes(again)).toEqual(codes(first));
    expect((await prepare(model, { ...how, policy: "pad" })).encoded).toBe(6);
    await cp(join(folder, "1.png"), join(folder, "0.png"));
    expect((await prepare(model)).encoded).toBe(0);
    await example(0);
    await writeFile(
      join(folder, "2.png"),
      encodePng({ width: 96, height: 64, data: new Uint8Array(96 * 64 * 3) }),
    );
    expect((await prepare(model)).encoded).toBe(1);
  });

  it("refuses by name and goes on", async () => {
    await rm(join(folder, "0.png"));
    await writeFile(join(folder, "1.png"), "");
    await truncate(join(folder, "2.png"), 80);
    await writeFile(
      join(folder, "3.png"),
      encodePng({ width: 64, height: 64, data: new Uint8Array(64 * 64 * 3) }),
    );
    const { rows, refused } = await prepare(await load(lora), { ...how, lostBox: "refuse" });
    expect(refused.map(({ id, reason }) => [id, reason])).toEqual([
      ["0", "no-such-file"],
      ["1", "empty-file"],
      ["2", "unreadable-picture"],
      ["3", "other-proportions"],
    ]);
    expect(rows.map(({ id }) => id)).toEqual(["4", "5"]);
  });

  it("refuses chains and prompts that are too long, and boxes out of sight where told so", async () => {
    const model = await load(lora);
    expect((await prepare(model, { ...how, maxChainTokens: 5 })).refused[0]?.reason).toBe("chain-too-long");
    expect((await prepare(model, { ...how, maxPromptTokens: 5 })).refused[0]?.reason).toBe("prompt-too-long");
    const strict = await prepare(model, { ...how, keepBox: 1 });
    expect(strict.refused.map(({ id, reason }) => [id, reason])).toEqual([
      ["0", "no-box-shown"],
      ["5", "no-box-shown"],
    ]);
  });
});

describe("trainOnPictures", () => {
  it("lowers the losses of chain, begin-of-image and picture with an adapter, and leaves the base alone", async () => {
    const before = await load(lora);
    const frozen = digestOf(await variablesToHost(before.params.weights));
    const steps = 40;
    const { heldOut, progress, model, variables } = await train({ training: { ...training, steps } });
    const [first, last] = [heldOut[0], heldOut.at(-1)];
    expect([first?.step, last?.step, progress.length]).toEqual([0, steps, steps]);
    expect(last?.chain).toBeLessThan((first?.chain ?? 0) * 0.8);
    expect(last?.boi).toBeLessThan(first?.boi ?? 0);
    expect(last?.image).toBeLessThan(first?.image ?? 0);
    expect(digestOf(await variablesToHost(model.params.weights))).toBe(frozen);
    // Rows of the four tokens moved, in the embedding and in the head.
    const rows = Object.entries(variables).filter(([name]) => name.includes(".token_rows."));
    expect(rows.map(([name]) => name.split(".token_rows.")[0]).sort()).toEqual([
      "language_model.lm_head",
      "language_model.model.embed_tokens",
    ]);
    for (const [name, values] of rows) {
      const [path, ids = ""] = name.split(".token_rows.");
      const stored = tf.gather(weight(model.params, `${path}.weight`), ids.split("_").map(Number));
      expect(Math.max(...tf.abs(tf.sub(values, stored)).dataSync())).toBeGreaterThan(1e-3);
    }
  });

  it("trains every weight but the codec's without an adapter", async () => {
    const { heldOut, variables, model } = await train({ adapter: null });
    expect(heldOut.at(-1)?.loss).toBeLessThan(heldOut[0]?.loss ?? 0);
    expect(Object.keys(variables).some((name) => name.startsWith("gen_vision_model."))).toBe(false);
    expect(Object.keys(variables)).toContain("gen_head.vision_head.weight");
    expect(model.params.weights["gen_vision_model.quantize.embedding.weight"]).not.toBeInstanceOf(
      tf.Variable,
    );
  });

  it("gives the same update however a batch is split into passes", async () => {
    const variablesOf = async (rowsPerPass: number): Promise<Float32Array> => {
      const done = await train({
        training: { ...training, steps: 1, warmupSteps: 0, rowsPerPass },
        stateFolder: join(folder, `states-${rowsPerPass}`),
      });
      const all = await Promise.all(
        Object.keys(done.variables)
          .sort()
          .map(async (name) => Array.from((await done.variables[name]?.data()) ?? [])),
      );
      return Float32Array.from(all.flat());
    };
    const whole = await variablesOf(4);
    for (const parts of [await variablesOf(1), await variablesOf(3)]) {
      const worst = whole.reduce((most, value, at) => Math.max(most, Math.abs(value - (parts[at] ?? 0))), 0);
      // A weight whose gradient is near nothing may step the other way; its step is at most the rate.
      expect(worst).toBeLessThan(2 * training.adamRate);
      const mean =
        whole.reduce((sum, value, at) => sum + Math.abs(value - (parts[at] ?? 0)), 0) / whole.length;
      expect(mean).toBeLessThan(1e-6);
    }
  });

  it("goes on after a stop as if there had been none, bit for bit", async () => {
    const straight = await train();
    await rm(join(folder, "states"), { recursive: true });
    const stop = new AbortController();
    const stopped = train({
      signal: stop.signal,
      hooks: {
        onProgress: ({ step }) => {
          if (step === 2) stop.abort();
        },
        onHeldOut: () => {},
        onSamples: async () => {},
      },
    });
    await expect(stopped).rejects.toThrow();
    expect(await readdir(join(folder, "states"))).toEqual(["step-00000002"]);
    const resumed = await train({ resume: true });
    expect(resumed.progress.map(({ step }) => step)).toEqual([3, 4, 5, 6]);
    expect(resumed.progress).toEqual(straight.progress.slice(2));
    expect(resumed.digest).toBe(straight.digest);
  });

  it("goes on from the state before where the newest is damaged, as after a kill at any moment", async () => {
    const straight = await train();
    const states = join(folder, "states");
    expect((await readdir(states)).sort()).toEqual(["step-00000003", "step-00000006"]);
    await truncate(join(states, "step-00000006", "optimizer.safetensors"), 100);
    const resumed = await train({ resume: true });
    expect(resumed.progress[0]?.step).toBe(4);
    expect(resumed.digest).toBe(straight.digest);
  });

  it("does not go on with other data, another rate or another model", async () => {
    await train();
    const again = (o: Parameters<typeof train>[0]) => train({ ...o, resume: true });
    const refusal = expect.objectContaining({ code: "EASEL_TRAINING_SFT_RESUME" });
    await expect(again({ training: { ...training, adamRate: 1 } })).rejects.toThrow(
      /learningRate was 0.003, is 1\./,
    );
    await expect(again({ checkpoint: "other" })).rejects.toThrow(refusal);
    await expect(again({ seed: 8 })).rejects.toThrow(refusal);
    await expect(again({ adapter: { ...lora, alpha: 8 } })).rejects.toThrow(
      /lora was .*"alpha":4.*, is .*"alpha":8/,
    );
    await expect(again({ train: (await prepare(await load(lora))).rows.slice(1) })).rejects.toThrow(
      /examples/,
    );
    await expect(again({ stateFolder: join(folder, "nowhere") })).rejects.toThrow(refusal);
  });

  it("goes on into a stage with a rate of its own, also one that is added to a finished training", async () => {
    const later = { steps: 2, adamRate: 1e-3, warmupSteps: 1, floor: 1 };
    const two = { ...training, laterStages: [later] };
    const straight = await train({ training: two });
    expect(straight.progress.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(straight.progress.slice(6).map(({ learningRate }) => learningRate)).toEqual([
      expect.closeTo(1e-3, 10),
      expect.closeTo(1e-3, 10),
    ]);
    expect(straight.heldOut.at(-1)?.step).toBe(8);
    await rm(join(folder, "states"), { recursive: true });
    const one = await train();
    const resumed = await train({ training: two, resume: true });
    expect(resumed.progress).toEqual(straight.progress.slice(6));
    expect(resumed.digest).toBe(straight.digest);
    expect(resumed.digest).not.toBe(one.digest);
  });

  it("leaves out a share of what the adapter reads, the same again after a stop, and never in measurements", async () => {
    const adapter = { ...lora, dropout: 0.3 };
    const [plain, straight] = [await train(), await train({ adapter, stateFolder: join(folder, "thinned") })];
    // The first measurement is before any update: B is zero, and dropout shows in nothing yet.
    expect(straight.heldOut[0]).toEqual(plain.heldOut[0]);
    expect(straight.progress[0]).toMatchObject({ chain: plain.progress[0]?.chain });
    expect(straight.digest).not.toBe(plain.digest);
    const states = join(folder, "thinned");
    await rm(join(states, "step-00000006"), { recursive: true });
    const resumed = await train({ adapter, stateFolder: states, resume: true });
    expect(resumed.progress).toEqual(straight.progress.slice(3));
    expect(resumed.heldOut).toEqual(straight.heldOut.slice(2));
    expect(resumed.digest).toBe(straight.digest);
    // Layers that are computed again for the backward pass leave out the same.
    const recomputed = await train({
      adapter,
      training: { ...training, recompute: true },
      stateFolder: join(folder, "recomputed"),
    });
    expect(recomputed.digest).toBe(straight.digest);
  });

  it("learns from image tokens alone where every condition is dropped", async () => {
    const { progress } = await train({ training: { ...training, steps: 2, conditionDropout: 1 } });
    expect(progress.map(({ chain, boi }) => [chain, boi])).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(progress[0]?.image).toBeGreaterThan(0);
  });

  it("stops with a clear error when the numbers break", async () => {
    const wild = { ...training, adamRate: 1e30, maxGradientNorm: 1e30 };
    const broken = expect.objectContaining({ code: "EASEL_TRAINING_NOT_FINITE" });
    await expect(train({ adapter: null, training: wild })).rejects.toThrow(broken);
    expect(await readdir(join(folder, "states")).catch(() => [])).not.toContain("step-00000006");
  });
});
