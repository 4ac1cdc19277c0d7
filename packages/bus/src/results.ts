// Publishing results. One subject a slice (and reward), fenced: whoever is second learns so and goes on.
import {
  decodeMessage,
  encodeMessage,
  messageDigest,
  type ScoreVector,
  subjects,
  type Trajectory,
} from "@easel/protocol";
import type { Bus } from "./connect.js";
import { type FencedOutcome, publishFenced } from "./fenced-publish.js";
import { streamNames } from "./stream-definitions.js";

/** Publishes a slice. Store its pictures as blobs before: a trajectory must never name a picture that is not there. */
export async function publishTrajectory(bus: Bus, trajectory: Trajectory): Promise<FencedOutcome> {
  return await publishFenced(bus, {
    stream: streamNames.results,
    subject: subjects.trajectory(trajectory.run, trajectory.group, trajectory.slice),
    bytes: encodeMessage("trajectory", trajectory),
    attempt: trajectory.attempt,
  });
}

/** Publishes one reward's scores of a slice. */
export async function publishScore(bus: Bus, vector: ScoreVector): Promise<FencedOutcome> {
  return await publishFenced(bus, {
    stream: streamNames.scores,
    subject: subjects.score(vector.run, vector.group, vector.slice, vector.reward),
    bytes: encodeMessage("scoreVector", vector),
    attempt: vector.attempt,
  });
}

export type StoredTrajectory = {
  readonly trajectory: Trajectory;
  readonly digest: string;
  readonly sequence: number;
};

/** The slice that is stored, or null: what a redelivered task asks before it generates anything. */
export async function findTrajectory(
  bus: Bus,
  run: string,
  group: string,
  slice: number,
): Promise<StoredTrajectory | null> {
  const subject = subjects.trajectory(run, group, slice);
  const stored = await bus.jsm.streams.getMessage(streamNames.results, { last_by_subj: subject });
  if (stored === null) return null;
  const bytes = Uint8Array.from(stored.data);
  return {
    trajectory: decodeMessage("trajectory", bytes),
    digest: messageDigest(bytes),
    sequence: stored.seq,
  };
}

/** True when this reward has scored this slice already. */
export async function hasScore(
  bus: Bus,
  run: string,
  group: string,
  slice: number,
  reward: string,
): Promise<boolean> {
  const subject = subjects.score(run, group, slice, reward);
  return (await bus.jsm.streams.getMessage(streamNames.scores, { last_by_subj: subject })) !== null;
}
