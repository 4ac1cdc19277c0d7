// A result is held against the task it claims to answer, and a score against the trajectory and pictures it speaks of.
import { expect, test } from "vitest";
import { encodeMessage } from "./codec.js";
import { sha256Hex } from "./digest.js";
import { makeRolloutTask } from "./group-id.js";
import { sliceGroup } from "./rollout-task.js";
import type { ScoreVector } from "./score-vector.js";
import { messageDigest, scoreFaults, trajectoryFaults } from "./task-match.js";
import type { Trajectory } from "./trajectory.js";

const weights = sha256Hex("w");
const task = makeRolloutTask(
  {
    run: "run",
    issue: 1,
    promptText: "a red circle",
    promptSpec: null,
    groupSize: 4,
    slices: sliceGroup(4, 2),
    sampling: { temperature: 1, guidanceScale: 2, textCap: 2, seed: 1 },
    policy: { epoch: 1, step: 0, digest: weights },
    rewards: [{ name: "pi", version: "1" }],
  },
  0,
);
const good: Trajectory = {
  run: "run",
  group: task.group,
  slice: 1,
  attempt: "a",
  worker: "w",
  fingerprint: "f",
  promptIds: Int32Array.of(1),
  samples: [2, 3].map((index) => ({
    index,
    chainIds: Int32Array.of(1, 9),
    chainText: "",
    forcedBoi: false,
    imageCodes: Int32Array.of(4, 5),
    logProbs: Float32Array.of(-1, -1, -1, -1),
    weights: [{ digest: weights, from: 0, to: 4 }],
    imageDigest: sha256Hex(`image ${index}`),
    imageBytes: 1,
  })),
  sampling: task.sampling,
  timings: { receivedAtMs: 0, startedAtMs: 0, finishedAtMs: 0, spansMs: {} },
};
const limits = { vocabularySize: 10, codebookSize: 6, imageTokens: 2 };
const digest = messageDigest(encodeMessage("trajectory", good));
const score: ScoreVector = {
  run: "run",
  group: task.group,
  slice: 1,
  reward: "pi",
  version: "1",
  attempt: "a",
  scores: good.samples.map(({ imageDigest }) => ({ value: 1, imageDigest })),
  trajectoryDigest: digest,
};

test("an answer to its task has no faults", () => {
  expect(trajectoryFaults(task, good, limits, new Set([weights]))).toEqual([]);
  expect(scoreFaults(task, good, digest, score)).toEqual([]);
});

test.each([
  ["another slice's samples", { ...good, slice: 0 }, /samples are not 0..1/],
  ["a slice nobody asked for", { ...good, slice: 2 }, /was not asked for/],
  ["other sampling", { ...good, sampling: { ...good.sampling, temperature: 0.9 } }, /sampling differs/],
  ["half a slice", { ...good, samples: good.samples.slice(0, 1) }, /samples are not 2..3/],
])("%s is a fault", (_what, trajectory, fault) => {
  expect(trajectoryFaults(task, trajectory, limits).join()).toMatch(fault);
});

test("tokens outside the model and unknown weights are faults", () => {
  expect(trajectoryFaults(task, good, { ...limits, vocabularySize: 9 }).join()).toMatch(
    /outside the vocabulary/,
  );
  expect(trajectoryFaults(task, good, { ...limits, codebookSize: 5 }).join()).toMatch(/outside the codebook/);
  expect(trajectoryFaults(task, good, { ...limits, imageTokens: 3 }).join()).toMatch(/2 image tokens, not 3/);
  expect(trajectoryFaults(task, good, limits, new Set()).join()).toMatch(/unknown weights/);
});

test("a score for another picture, trajectory or version is a fault", () => {
  const [first, ...rest] = score.scores;
  const otherPicture = { ...score, scores: [{ ...first!, imageDigest: sha256Hex("other") }, ...rest] };
  expect(scoreFaults(task, good, digest, otherPicture).join()).toMatch(/another picture/);
  expect(scoreFaults(task, good, sha256Hex("other"), score).join()).toMatch(/another trajectory/);
  expect(scoreFaults(task, good, digest, { ...score, version: "2" }).join()).toMatch(/version/);
  expect(scoreFaults(task, good, digest, { ...score, scores: rest }).join()).toMatch(
    /1 scores for 2 samples/,
  );
});
