// Does a result answer the task it claims to answer? Schemas cannot say; this compares the two.
import { type Digest, sha256Hex } from "./digest.js";
import type { RolloutTask } from "./rollout-task.js";
import { sameSampling } from "./sampling.js";
import type { ScoreVector } from "./score-vector.js";
import type { Trajectory } from "./trajectory.js";

/** Bounds of the model that made the tokens, as far as the reader knows them. */
export type TokenLimits = {
  readonly vocabularySize: number;
  readonly codebookSize: number;
  /** Image tokens of a sample. */
  readonly imageTokens: number;
};

/** Digest by which scores and manifests name a message: SHA-256 of its bytes as published. */
export function messageDigest(bytes: Uint8Array): Digest {
  return sha256Hex(bytes);
}

/**
 * Every way in which a trajectory fails to answer its task; empty when it does.
 * @param knownWeights digests that the reader knows; a token from any other is a fault. Omit to skip that check.
 */
export function trajectoryFaults(
  task: RolloutTask,
  trajectory: Trajectory,
  limits?: TokenLimits,
  knownWeights?: ReadonlySet<Digest>,
): string[] {
  const faults: string[] = [];
  if (trajectory.run !== task.run) faults.push(`run is ${trajectory.run}, not ${task.run}`);
  if (trajectory.group !== task.group) faults.push(`group is ${trajectory.group}, not ${task.group}`);
  if (!sameSampling(trajectory.sampling, task.sampling)) faults.push("sampling differs from the task's");
  const slice = task.slices[trajectory.slice];
  if (slice === undefined) {
    faults.push(`slice ${trajectory.slice} was not asked for`);
  } else if (
    trajectory.samples[0]?.index !== slice.from ||
    trajectory.samples.length !== slice.to - slice.from
  ) {
    faults.push(`samples are not ${slice.from}..${slice.to - 1}`);
  }
  for (const sample of trajectory.samples) {
    // The chain may be `textCap` sampled tokens and the forced begin-of-image after them.
    if (sample.chainIds.length > task.sampling.textCap + 1) {
      faults.push(`sample ${sample.index} has a chain longer than the text cap`);
    }
    if (limits !== undefined) {
      if (!allBelow(sample.chainIds, limits.vocabularySize)) {
        faults.push(`sample ${sample.index} has a chain token outside the vocabulary`);
      }
      if (!allBelow(sample.imageCodes, limits.codebookSize)) {
        faults.push(`sample ${sample.index} has an image token outside the codebook`);
      }
      if (sample.imageCodes.length !== limits.imageTokens) {
        faults.push(
          `sample ${sample.index} has ${sample.imageCodes.length} image tokens, not ${limits.imageTokens}`,
        );
      }
    }
    if (knownWeights !== undefined) {
      const unknown = sample.weights.find((span) => !knownWeights.has(span.digest));
      if (unknown !== undefined)
        faults.push(`sample ${sample.index} was drawn from unknown weights ${unknown.digest}`);
    }
  }
  return faults;
}

/** Every way in which a score fails to speak of this trajectory (given with the digest of its bytes); empty when it does. */
export function scoreFaults(
  task: RolloutTask,
  trajectory: Trajectory,
  trajectoryDigest: Digest,
  vector: ScoreVector,
): string[] {
  const faults: string[] = [];
  if (
    vector.run !== trajectory.run ||
    vector.group !== trajectory.group ||
    vector.slice !== trajectory.slice
  ) {
    faults.push("it is for another slice");
  }
  const reward = task.rewards.find((asked) => asked.name === vector.reward);
  if (reward === undefined) faults.push(`the reward ${vector.reward} was not asked for`);
  else if (reward.version !== vector.version) {
    faults.push(`the reward's version is ${vector.version}, not ${reward.version}`);
  }
  if (vector.trajectoryDigest !== trajectoryDigest) faults.push("it names another trajectory");
  if (vector.scores.length !== trajectory.samples.length) {
    faults.push(`it has ${vector.scores.length} scores for ${trajectory.samples.length} samples`);
  }
  for (const [i, sample] of trajectory.samples.entries()) {
    const score = vector.scores[i];
    if (score !== undefined && score.imageDigest !== sample.imageDigest) {
      faults.push(`the score of sample ${sample.index} is for another picture`);
    }
  }
  return faults;
}

function allBelow(list: Int32Array, limit: number): boolean {
  return list.every((value) => value < limit);
}
