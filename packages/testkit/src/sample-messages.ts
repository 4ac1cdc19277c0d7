// Valid messages for tests: small, made from a few numbers, and answering each other.
import {
  encodeMessage,
  makeRolloutTask,
  messageDigest,
  type RolloutTask,
  type RolloutTaskContent,
  type ScoreVector,
  sha256Hex,
  sliceGroup,
  type Trajectory,
} from "@easel/protocol";

/** A task of `run` with the given issue number; anything may be overridden. */
export function sampleTask(
  run: string,
  issue: number,
  change: Partial<RolloutTaskContent> = {},
): RolloutTask {
  const groupSize = change.groupSize ?? 4;
  return makeRolloutTask(
    {
      run,
      issue,
      promptText: `a red circle left of a blue square (${issue})`,
      promptSpec: { objects: ["circle", "square"], issue },
      groupSize,
      slices: sliceGroup(groupSize, 2),
      sampling: { temperature: 1, guidanceScale: 2, textCap: 8, seed: 7 },
      policy: { epoch: 1, step: 0, digest: sha256Hex("weights 0") },
      rewards: [
        { name: "pi", version: "1" },
        { name: "sem", version: "1" },
      ],
      ...change,
    },
    1_700_000_000_000,
  );
}

/** What a worker would publish for one slice of the task. */
export function sampleTrajectory(task: RolloutTask, slice: number, attempt: string): Trajectory {
  const range = task.slices[slice];
  if (range === undefined) throw new RangeError(`The task has no slice ${slice}.`);
  return {
    run: task.run,
    group: task.group,
    slice,
    attempt,
    worker: "worker-1",
    fingerprint: "f".repeat(64),
    promptIds: Int32Array.of(1, 2, 3),
    samples: Array.from({ length: range.to - range.from }, (_, i) => ({
      index: range.from + i,
      chainIds: Int32Array.of(10, 11, 12),
      chainText: "circle (1,2),(3,4)",
      forcedBoi: false,
      imageCodes: Int32Array.of(0, 5, 6, 7),
      logProbs: Float32Array.of(-0.5, -0.25, -1, -2, -3, -0.125, -4),
      weights: [{ digest: task.policy.digest, from: 0, to: 7 }],
      imageDigest: sha256Hex(`${task.group} ${range.from + i} ${attempt}`),
      imageBytes: 12,
    })),
    sampling: task.sampling,
    timings: {
      receivedAtMs: 1_700_000_000_100,
      startedAtMs: 1_700_000_000_200,
      finishedAtMs: 1_700_000_000_900,
      spansMs: { chain: 300, image: 400 },
    },
  };
}

/** What a reward worker would publish for a trajectory. */
export function sampleScore(trajectory: Trajectory, reward: string, attempt: string): ScoreVector {
  return {
    run: trajectory.run,
    group: trajectory.group,
    slice: trajectory.slice,
    reward,
    version: "1",
    attempt,
    scores: trajectory.samples.map((sample) => ({ value: 0.5, imageDigest: sample.imageDigest })),
    trajectoryDigest: messageDigest(encodeMessage("trajectory", trajectory)),
  };
}
