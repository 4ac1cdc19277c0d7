// How old a group is when a batch is formed. Admission keeps this small; the check here keeps it true.

/** Versions between the oldest weights that sampled any token of the group and the learner's. Never negative. */
export function groupLag(sampledVersions: readonly number[], learnerVersion: number): number {
  let lag = 0;
  for (const version of sampledVersions) lag = Math.max(lag, learnerVersion - version);
  return lag;
}

/** True if a group may still be trained on. */
export function isFreshEnough(
  sampledVersions: readonly number[],
  learnerVersion: number,
  maxStaleness: number,
): boolean {
  return groupLag(sampledVersions, learnerVersion) <= maxStaleness;
}
