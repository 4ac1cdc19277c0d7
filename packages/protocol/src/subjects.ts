// Subject names. Every part is checked, because a dot or wildcard inside one would silently address something else.
import { ProtocolError } from "./errors.js";
import type { EventKind } from "./event-record.js";
import { issueOfGroup } from "./group-id.js";
import { checkName } from "./names.js";

function run(name: string): string {
  return checkName("run", name);
}

function group(id: string): string {
  issueOfGroup(id);
  return id;
}

function whole(what: string, value: number): string {
  if (Number.isSafeInteger(value) && value >= 0) return String(value);
  throw new ProtocolError(
    "EASEL_PROTOCOL_BAD_NAME",
    `The ${what} ${value} is not a whole number of 0 or more.`,
  );
}

/**
 * Every subject in use, and the filters that select families of them.
 *
 * A task has its group in its subject although one consumer reads them all: so "expect last subject sequence 0" refuses a
 * second publish for as long as the first one is there.
 */
export const subjects = {
  rolloutTask: (r: string, g: string): string => `task.${run(r)}.rollout.${group(g)}`,
  rolloutTasks: (r: string): string => `task.${run(r)}.rollout.*`,

  trajectory: (r: string, g: string, slice: number): string =>
    `traj.${run(r)}.${group(g)}.${whole("slice", slice)}`,
  trajectoriesOfGroup: (r: string, g: string): string => `traj.${run(r)}.${group(g)}.>`,
  trajectories: (r: string): string => `traj.${run(r)}.>`,

  score: (r: string, g: string, slice: number, reward: string): string =>
    `score.${run(r)}.${group(g)}.${whole("slice", slice)}.${checkName("reward", reward)}`,
  scoresOfGroup: (r: string, g: string): string => `score.${run(r)}.${group(g)}.>`,
  scores: (r: string): string => `score.${run(r)}.>`,

  ledgerIssue: (r: string, issue: number): string => `ledger.${run(r)}.issue.${whole("issue", issue)}`,
  ledgerVerdict: (r: string, g: string, epoch: number): string =>
    `ledger.${run(r)}.verdict.${group(g)}.${whole("epoch", epoch)}`,
  ledgerManifest: (r: string, epoch: number, step: number): string =>
    `ledger.${run(r)}.manifest.${whole("epoch", epoch)}.${whole("step", step)}`,
  ledgerEpoch: (r: string, epoch: number): string => `ledger.${run(r)}.epoch.${whole("epoch", epoch)}`,
  ledger: (r: string): string => `ledger.${run(r)}.>`,

  deadRollout: (r: string, g: string): string => `dead.${run(r)}.rollout.${group(g)}`,
  deadScore: (r: string, g: string, slice: number, reward: string): string =>
    `dead.${run(r)}.score.${group(g)}.${whole("slice", slice)}.${checkName("reward", reward)}`,
  dead: (r: string): string => `dead.${run(r)}.>`,

  event: (r: string, kind: EventKind, source: string): string =>
    `event.${run(r)}.${kind}.${checkName("source", source)}`,
  events: (r: string, kind: EventKind | "*" = "*"): string => `event.${run(r)}.${kind}.*`,
} as const;

/** What a result subject addresses; null for any other subject. */
export type ResultAddress = {
  readonly run: string;
  readonly group: string;
  readonly slice: number;
  /** null for a trajectory. */
  readonly reward: string | null;
};

/** Reads `traj.*` and `score.*` subjects back into their parts; null for anything else. */
export function parseResultSubject(subject: string): ResultAddress | null {
  const [family, runName, groupName, slice, reward, ...rest] = subject.split(".");
  const isScore = family === "score" && reward !== undefined;
  const isTrajectory = family === "traj" && reward === undefined;
  if (!(isScore || isTrajectory) || rest.length > 0) return null;
  if (runName === undefined || groupName === undefined || slice === undefined || !/^\d+$/.test(slice))
    return null;
  return { run: runName, group: groupName, slice: Number(slice), reward: reward ?? null };
}
