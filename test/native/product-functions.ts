// Every function of the product that computes on tensors, called once on a tiny model: for the list of ops in use. What
// they compute is tested elsewhere.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createAdamW, jit, randomKey, randomNormal, randomUniform, storeHalf, tf } from "@easel/engine";
import { createSampler, initVq, type JanusModel, type VqConfig } from "@easel/janus";
import { randomFrom } from "@easel/shapeworld";
import {
  createDrawing,
  createTensorPolicyLearner,
  loadPolicy,
  type TrainingRow,
  trainOnPictures,
  trainVq,
  vqQuality,
} from "@easel/training";
import { learnerOptions } from "../training/learner-options.js";

const checkpoint = fileURLToPath(new URL("../../assets/janus-nano/", import.meta.url));
const adapter = { rank: 2, alpha: 2, targets: ["q_proj", "v_proj"] };

function rowOf(model: JanusModel): TrainingRow {
  const chainIds = model.tokenizer.encode("A red circle<begin_of_image>");
  const imageCodes = new Int32Array(model.config.image.tokens);
  return {
    promptIds: model.tokenizer.encodePrompt("a red circle"),
    chainIds,
    forcedBoi: false,
    imageCodes,
    behaviourLogProbs: new Float32Array(chainIds.length + imageCodes.length).fill(-1),
    advantage: 1,
  };
}

async function learn(matmul: "f32" | "bf16", compile: "graph" | "xla"): Promise<void> {
  const { model, policy } = await loadPolicy(checkpoint, { ...adapter }, 1);
  const learner = createTensorPolicyLearner(model, policy, {
    ...learnerOptions,
    weightDecay: 0.01,
    matmul,
    compile,
    logProbs: matmul === "f32" ? { guidanceScale: 3 } : {},
  });
  const row = rowOf(model);
  await learner.update([row, { ...row, advantage: -1 }], { learningRate: 1e-4 });
}

async function draw(): Promise<void> {
  const { model } = await loadPolicy(checkpoint, { ...adapter }, 1);
  const sampling = { temperature: 0.9, guidanceScale: 3, textCap: 8 };
  for (const convolution of ["f32", "bf16"] as const) {
    const drawing = createDrawing(model, {
      maxRows: 2,
      promptBuckets: [32],
      distinctPrompts: 1,
      sampling,
      convolution,
    });
    await drawing.draw([{ promptText: "a red circle", issue: 0, sampleIndex: 0, seed: 1 }]);
    drawing.dispose();
  }
  const options = { maxRows: 1, promptBuckets: [32], textCap: 8, entropy: true, compile: "graph" } as const;
  const sampler = createSampler(model, options);
  await sampler.sample([{ promptIds: model.tokenizer.encodePrompt("a blue square"), uniform: () => 0.5 }]);
  sampler.dispose();
}

/** Once with all weights in one pass and Muon, once with an adapter that has token rows and dropout, in two passes. */
async function superviseDecoder(): Promise<void> {
  const training = {
    steps: 1,
    batch: 2,
    warmupSteps: 0,
    floor: 1,
    adamRate: 0.001,
    weightDecay: 0.01,
    maxGradientNorm: 1,
    matmul: "f32",
    conditionDropout: 0.5,
    parts: { chain: 1, boi: 1, image: 1 },
  } as const;
  const rows = ["a", "b"].map((id) => ({ id, prompt: "", chain: "" }));
  const stateFolder = await mkdtemp(join(tmpdir(), "easel-ops-"));
  for (const mode of [null, { ...adapter, tokenRows: true }]) {
    const { model, policy } = await loadPolicy(checkpoint, mode, 1);
    const supervised = mode === null ? null : { ...mode, dropout: 0.05 };
    const passes = mode === null ? { muonRate: 0.01 } : { muonRate: 0, rowsPerPass: 1, recompute: true };
    const examples = rows.map((row) => ({ ...row, ...rowOf(model) }));
    await trainOnPictures({
      model: {
        ...model,
        params: policy.params,
        trained: policy.trained,
        adapter: supervised,
        padId: model.tokenizer.ids.pad,
      },
      train: examples,
      heldOut: examples,
      training: { ...training, ...passes },
      schedule: { reportEvery: 1, devEvery: 1, saveEvery: 0, samplesEvery: 0 },
      seed: 1,
      stateFolder,
      resume: false,
      checkpoint: "",
      hooks: { onProgress: () => {}, onHeldOut: () => {}, onSamples: async () => {} },
    });
  }
  await rm(stateFolder, { recursive: true, force: true });
}

const codec: VqConfig = {
  channels: 4,
  multipliers: [1, 2],
  resBlocks: 1,
  latentChannels: 4,
  codes: 16,
  codeWidth: 4,
  normGroups: 2,
  attention: "lowest-and-mid",
};

async function trainCodec(): Promise<void> {
  const weights = await trainVq(
    codec,
    {
      steps: 1,
      batch: 1,
      learningRate: 1e-3,
      warmupSteps: 0,
      floor: 1,
      drawnWeight: 4,
      commitment: 0.25,
      decay: 0.98,
      maxGradientNorm: 1,
      replaceEvery: 1,
      replaceUntil: 1,
      seed: 1,
    },
    () => {},
  );
  weights.clear();
  const initial = initVq(codec, randomFrom("ops/vq"));
  const { toTensor } = await import("@easel/engine");
  const params = { weights: Object.fromEntries([...initial].map(([name, t]) => [name, toTensor(t)])) };
  await vqQuality(codec, params, 1, 1);
}

/** What the engine offers beside what the models use. */
function engineParts(): void {
  const words = { key: randomKey(7), counter: tf.tensor1d([0, 1, 2, 3], "int32") };
  const w = tf.variable(tf.ones([64, 64]));
  const optimizer = createAdamW({ variables: { w }, moments: "8bit" });
  const step = jit((x: tf.Tensor) => {
    optimizer.update({ w: tf.mul(w, x) }, 0.01);
    return { normal: randomNormal([4], words), uniform: randomUniform([4], words) };
  });
  step(tf.scalar(1));
  jit((x: tf.Tensor) => x.add(1))(storeHalf(tf.ones([2])));
}

export const productFunctions: Readonly<Record<string, () => unknown>> = {
  "a policy update in float32": () => learn("f32", "graph"),
  "a policy update in bfloat16, compiled": () => learn("bf16", "xla"),
  "drawing pictures": draw,
  "a supervised step with Muon": superviseDecoder,
  "training a codec": trainCodec,
  "random numbers and 8-bit moments": engineParts,
};
