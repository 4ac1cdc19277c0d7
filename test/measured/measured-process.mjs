// One process that does what a learner, a rollout worker or a supervised training does, on a model made up from sizes, and
// says how far its resident memory rose above that of the idle process. Argument: a JSON object, see plan-memory.test.ts.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { jit, startEngine, storeHalf, tf } from "@easel/engine";
import { janusLayout, loadTokenizer, parseConfig } from "@easel/janus";
import {
  createDrawing,
  createTensorPolicyLearner,
  isPolicyWeight,
  supervisedModel,
  trainablePolicy,
  trainOnPictures,
} from "@easel/training";

const {
  model: json,
  work,
  rows,
  prompt,
  chain,
  guidance,
  lora,
  learner: learnerOptions,
  training,
  updates,
  storage,
} = JSON.parse(process.argv[2]);
const residentBytes = () => process.memoryUsage().rss;
const peakBytes = () => process.resourceUsage().maxRSS * 1024;
const draw = (() => {
  let state = 1;
  const next = () => {
    state = (state * 48_271) % 0x7fffffff;
    return state / 0x7fffffff;
  };
  return { next };
})();

await startEngine({ backend: "tensorflow", threads: 2 });
const nano = join(dirname(fileURLToPath(import.meta.url)), "../../assets/janus-nano");
const tokenizer = await loadTokenizer(nano);
const config = parseConfig(json);
// The engine's own first call, so that what libraries take once is counted as idle.
tf.dispose(jit((x) => tf.matMul(x, x, false, true), { name: "idle" })(tf.ones([8, 8])));
globalThis.gc?.();
const idleBytes = residentBytes();

const weights = {};
const parts = ["language", "image", "vq-decoder", ...(work === "supervise" ? ["vq-encoder"] : [])];
for (const [name, shape] of janusLayout(config, parts)) {
  const values = tf.tidy(() => tf.mul(tf.randomUniform(shape, -1, 1, "float32", 7), 0.02));
  if (lora === null && isPolicyWeight(name)) weights[name] = tf.variable(values);
  else weights[name] = storage === "bfloat16" ? storeHalf(values) : values;
  if (weights[name] !== values) values.dispose();
}
const model = { config, params: { weights }, tokenizer };
const mode = lora === null ? { kind: "full" } : { kind: "lora", ...lora };
const policy = work === "supervise" ? supervisedModel(model, lora, 1) : trainablePolicy(model, mode, draw);
const loadedBytes = residentBytes() - idleBytes;
const marks = {};

const sequence = (i) => ({
  promptIds: Array.from({ length: prompt }, (_, k) => (k * 7 + i) % 400),
  chainIds: Array.from({ length: chain }, (_, k) => (k * 11 + i) % 400),
  imageCodes: Array.from({ length: config.image.tokens }, (_, k) => (k * 13 + i) % config.image.codes),
});

if (work === "supervise") {
  const stateFolder = await mkdtemp(join(tmpdir(), "easel-measured-"));
  await trainOnPictures({
    model: {
      config,
      params: policy.params,
      trained: policy.trained,
      adapter: lora,
      padId: tokenizer.ids.pad,
    },
    train: Array.from({ length: training.batch }, (_, i) => ({
      ...sequence(i),
      id: `${i}`,
      prompt: "",
      chain: "",
    })),
    heldOut: [],
    training: { ...training, steps: updates },
    schedule: { reportEvery: 1, devEvery: 0, saveEvery: 0, samplesEvery: 0 },
    seed: 1,
    stateFolder,
    resume: false,
    checkpoint: "",
    hooks: {
      onProgress: ({ step }) => {
        marks[`update${step}`] = peakBytes() - idleBytes;
      },
      onHeldOut: () => {},
      onSamples: async () => {},
    },
  });
  await rm(stateFolder, { recursive: true });
} else if (work === "update") {
  const learner = createTensorPolicyLearner(model, policy, learnerOptions);
  const row = (i) => ({
    ...sequence(i),
    forcedBoi: false,
    behaviourLogProbs: Array.from({ length: chain + config.image.tokens }, () => -5),
    advantage: i % 2 === 0 ? 1 : -1,
  });
  for (let i = 0; i < updates; i++) {
    await learner.update(
      Array.from({ length: rows }, (_, r) => row(r)),
      { learningRate: 1e-4 },
    );
    marks[`update${i}`] = peakBytes() - idleBytes;
  }
} else {
  const drawing = createDrawing(
    { ...model, params: policy.params },
    {
      maxRows: rows,
      promptBuckets: [Math.ceil(prompt / 8) * 8],
      distinctPrompts: 1,
      sampling: { temperature: 1, guidanceScale: guidance, textCap: chain },
    },
  );
  for (let i = 0; i < updates; i++) {
    await drawing.draw(
      Array.from({ length: rows }, (_, r) => ({
        promptText: "a ".repeat(2),
        issue: 1,
        sampleIndex: r,
        seed: 1,
      })),
    );
    marks[`draw${i}`] = peakBytes() - idleBytes;
  }
}
console.log(
  JSON.stringify({
    idleBytes,
    loadedBytes,
    aboveIdleBytes: peakBytes() - idleBytes,
    marks,
    end: residentBytes() - idleBytes,
  }),
);
process.exit(0);
