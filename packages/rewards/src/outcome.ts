// What a judge says of one reward of one sample: a value, or that there is none and why. Missing is never zero.

import type { Digest, JsonValue, Score } from "@easel/protocol";

/**
 * Why a reward is missing. `unreadable-image`: not a picture of the expected size. `unreadable-prompt`: the prompt's
 * meaning is not one this judge knows. The rest are faults of a judge that is asked over a network: no answer in time,
 * an answer that cannot be parsed, one that was cut off, one that declines.
 */
export const MISSING_REASONS = [
  "unreadable-image",
  "unreadable-prompt",
  "judge-timeout",
  "judge-unavailable",
  "answer-unparseable",
  "answer-truncated",
  "answer-refused",
] as const;

export type MissingReason = (typeof MISSING_REASONS)[number];

export type Measured = {
  readonly kind: "measured";
  /** In [0,1]. */
  readonly value: number;
  /** The factors the value was formed from, for reports. Nothing is computed from them. */
  readonly detail: Readonly<Record<string, number>>;
};

export type Missing = { readonly kind: "missing"; readonly reason: MissingReason };

export type Outcome = Measured | Missing;

/** A measured value, clamped to [0,1] against rounding. */
export function measured(value: number, detail: Readonly<Record<string, number>> = {}): Measured {
  return { kind: "measured", value: Math.min(1, Math.max(0, value)), detail };
}

/** A reward that could not be had. */
export function missing(reason: MissingReason): Missing {
  return { kind: "missing", reason };
}

/** The entry of a score vector for an outcome, bound to the picture that was judged. */
export function scoreOf(outcome: Outcome, imageDigest: Digest): Score {
  if (outcome.kind === "missing") return { value: null, reason: outcome.reason, imageDigest };
  const detail: JsonValue = { ...outcome.detail };
  return { value: outcome.value, imageDigest, detail };
}
