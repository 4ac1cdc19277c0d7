// The same inputs give the same bits: drawing, and updates of the policy, done twice from the start in one process with
// functions traced anew each time. What this rests on is in docs/engine.md.
import { fileURLToPath } from "node:url";
import { startEngine } from "@easel/engine";
import { createDrawing, createTensorPolicyLearner, loadPolicy, type TrainingRow } from "@easel/training";
import { beforeAll, expect, it } from "vitest";
import { learnerOptions } from "./learner-options.js";

const checkpoint = fileURLToPath(new URL("../../assets/janus-nano/", import.meta.url));

beforeAll(async () => {
  await startEngine();
});

/** Draws four samples and trains two steps on them; everything that comes out. */
async function run() {
  const adapter = { rank: 4, alpha: 4, targets: ["q_proj", "down_proj"] };
  const { model, policy } = await loadPolicy(checkpoint, adapter, 3);
  const drawing = createDrawing(
    { ...model, params: policy.params },
    {
      maxRows: 4,
      promptBuckets: [16],
      distinctPrompts: 1,
      sampling: { temperature: 1, guidanceScale: 1, textCap: 40 },
    },
  );
  const drawn = await drawing.draw(
    [0, 1, 2, 3].map((sampleIndex) => ({ promptText: "a red circle", issue: 1, sampleIndex, seed: 5 })),
  );
  drawing.dispose();
  const learner = createTensorPolicyLearner(model, policy, learnerOptions);
  const rows = drawn.map(
    ({ promptIds, chainIds, forcedBoi, imageCodes, logProbs }, i): TrainingRow => ({
      promptIds,
      chainIds,
      forcedBoi,
      imageCodes,
      behaviourLogProbs: logProbs,
      advantage: i - 1.5,
    }),
  );
  const metrics = [];
  for (let step = 0; step < 2; step++) metrics.push(await learner.update(rows, { learningRate: 1e-3 }));
  const { digest } = await learner.exportWeights();
  return { drawn, metrics, digest };
}

it("draws and trains to the same bits again", { timeout: 300_000 }, async () => {
  const [first, second] = [await run(), await run()];
  expect(second.drawn).toEqual(first.drawn);
  expect(new Set(first.drawn.map(({ imageCodes }) => imageCodes.join())).size).toBe(4);
  expect(second.metrics).toEqual(first.metrics);
  expect(first.metrics[0]?.gradientNorm).toBeGreaterThan(0);
  expect(second.digest).toBe(first.digest);
});
