// How many new groups may be started so that none is trained too stale (AReaL). A pure function of durable counters.
// Not the check at batch time: see group-lag.ts.

import { GrpoError } from "../errors.js";

export type AdmissionState = {
  /** Configured target of groups in flight. Not the number of live workers: a pool at zero would never start. */
  readonly concurrency: number;
  /** Groups issued and not yet arrived. */
  readonly running: number;
  /** Allowed staleness in weight versions; 0 is fully on-policy. */
  readonly maxStaleness: number;
  /** Version of the learner's weights: the number of steps done. */
  readonly version: number;
  /** Groups consumed by one step. */
  readonly batchGroups: number;
  /** Groups trained plus groups waiting for training. A dropped or dead group is not among them any more. */
  readonly accepted: number;
};

/**
 * `min(concurrency - running, (maxStaleness + version + 1) * batchGroups - (accepted + running))`, at least 0.
 *
 * The counters have to survive a restart together with the version: a zeroed `accepted` beside a restored version
 * would admit far too much.
 *
 * @throws GrpoError `EASEL_GRPO_OPTION` unless every counter is a non-negative integer and `batchGroups` at least 1.
 */
export function admissionCapacity(state: AdmissionState): number {
  for (const [name, value] of Object.entries(state)) {
    if (!Number.isInteger(value) || value < 0) {
      throw new GrpoError("EASEL_GRPO_OPTION", `admission ${name} is ${value}; use an integer >= 0`);
    }
  }
  const { concurrency, running, maxStaleness, version, batchGroups, accepted } = state;
  if (batchGroups < 1) {
    throw new GrpoError(
      "EASEL_GRPO_OPTION",
      "admission batchGroups is 0; a step consumes at least one group",
    );
  }
  const free = concurrency - running;
  const fresh = (maxStaleness + version + 1) * batchGroups - (accepted + running);
  return Math.max(0, Math.min(free, fresh));
}
