// Nothing accumulates: the same number of tensors after every update, and after every draw, once shapes have been met.
import { fileURLToPath } from "node:url";
import { startEngine, tf } from "@easel/engine";
import { createDrawing, createTensorPolicyLearner, loadPolicy, type TrainingRow } from "@easel/training";
import { beforeAll, expect, it } from "vitest";
import { learnerOptions } from "./learner-options.js";

const checkpoint = fileURLToPath(new URL("../../assets/janus-nano/", import.meta.url));
const ADAPTER = { rank: 4, alpha: 4, targets: ["q_proj", "v_proj"] };

beforeAll(async () => {
  await startEngine();
});

it.each([
  ["every weight", null],
  ["an adapter", ADAPTER],
] as const)("updates of %s leave no tensors behind", async (_name, adapter) => {
  const { model, policy } = await loadPolicy(checkpoint, adapter === null ? null : { ...adapter }, 1);
  const learner = createTensorPolicyLearner(model, policy, learnerOptions);
  const row: TrainingRow = {
    promptIds: model.tokenizer.encodePrompt("a red circle"),
    chainIds: model.tokenizer.encode(
      "A <|obj_start|>red circle<|obj_end|> <|box_start|>(125,250),(375,500)<|box_end|><begin_of_image>",
    ),
    forcedBoi: false,
    imageCodes: new Int32Array(model.config.image.tokens),
    behaviourLogProbs: new Float32Array(200).fill(-1),
    advantage: 1,
  };
  const counts: number[] = [];
  for (let step = 0; step < 5; step++) {
    await learner.update([row, { ...row, advantage: -1 }, row], { learningRate: 1e-4 });
    counts.push(tf.memory().numTensors);
  }
  expect(new Set(counts.slice(1)).size).toBe(1);
});

it("draws leave no tensors behind", async () => {
  const { model } = await loadPolicy(checkpoint, ADAPTER, 1);
  const drawing = createDrawing(model, {
    maxRows: 4,
    promptBuckets: [32],
    distinctPrompts: 2,
    sampling: { temperature: 1, guidanceScale: 1, textCap: 72 },
  });
  const counts: number[] = [];
  for (let draw = 0; draw < 4; draw++) {
    const requests = [0, 1, 2].map((sampleIndex) => ({
      promptText: "a red circle",
      issue: draw,
      sampleIndex,
      seed: 1,
    }));
    const samples = await drawing.draw(requests);
    expect(samples).toHaveLength(3);
    counts.push(tf.memory().numTensors);
  }
  expect(new Set(counts.slice(1)).size).toBe(1);
});
