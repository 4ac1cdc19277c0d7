// One process that does what a learner or a rollout worker does, on a model made up from sizes, and says how far its
// resident memory rose above that of the idle process. Argument: a JSON object, see plan-memory.test.ts.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { jit, startEngine, tf } from "@easel/engine";
import { janusLayout, loadTokenizer, parseConfig } from "@easel/janus";
import { createDrawing, createTensorPolicyLearner, isPolicyWeight, trainablePolicy } from "@easel/training";

const {
  model: json,
  work,
  rows,
  prompt,
  chain,
  guidance,
  lora,
  learner: learnerOptions,
  updates,
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
for (const [name, shape] of janusLayout(config, ["language", "image", "vq-decoder"])) {
  const values = tf.tidy(() => tf.mul(tf.randomUniform(shape, -1, 1, "float32", 7), 0.02));
  weights[name] = lora === null && isPolicyWeight(name) ? tf.variable(values) : values;
  if (weights[name] !== values) values.dispose();
}
const model = { config, params: { weights }, tokenizer };
const mode = lora === null ? { kind: "full" } : { kind: "lora", ...lora };
const policy = trainablePolicy(model, mode, draw);
const loadedBytes = residentBytes() - idleBytes;
const marks = {};

if (work === "update") {
  const learner = createTensorPolicyLearner(model, policy, learnerOptions);
  const row = (i) => ({
    promptIds: Array.from({ length: prompt }, (_, k) => (k * 7 + i) % 400),
    chainIds: Array.from({ length: chain }, (_, k) => (k * 11 + i) % 400),
    forcedBoi: false,
    imageCodes: Array.from({ length: config.image.tokens }, (_, k) => (k * 13 + i) % config.image.codes),
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
