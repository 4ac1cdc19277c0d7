// The two counters behind admission and the only events that move them. Plain data: keep it in the checkpoint.

import { GrpoError } from "../errors.js";

export type AdmissionCounters = {
  readonly running: number;
  readonly accepted: number;
};

/**
 * `issued`: a task was recorded. `arrived`: its group is complete and waits. `dropped-running`: it died or was dropped
 * before it arrived. `dropped-waiting`: it was dropped after (stale, filtered, invalid). Training moves nothing: a
 * trained group stays accepted for good.
 */
export type AdmissionEvent = "issued" | "arrived" | "dropped-running" | "dropped-waiting";

const CHANGES: Readonly<Record<AdmissionEvent, AdmissionCounters>> = {
  issued: { running: 1, accepted: 0 },
  arrived: { running: -1, accepted: 1 },
  "dropped-running": { running: -1, accepted: 0 },
  "dropped-waiting": { running: 0, accepted: -1 },
};

/**
 * The counters after an event. Drops give their slot back, without which filtered groups would use up the capacity
 * while the version stands still.
 *
 * @throws GrpoError `EASEL_GRPO_OPTION` if an event takes away what is not there.
 */
export function countAdmission(counters: AdmissionCounters, event: AdmissionEvent): AdmissionCounters {
  const change = CHANGES[event];
  const next = { running: counters.running + change.running, accepted: counters.accepted + change.accepted };
  if (next.running < 0 || next.accepted < 0) {
    throw new GrpoError(
      "EASEL_GRPO_OPTION",
      `event ${event} with ${counters.running} running and ${counters.accepted} accepted; an event was counted twice`,
    );
  }
  return next;
}
