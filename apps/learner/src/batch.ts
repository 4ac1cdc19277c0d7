// Forms the batch of a step from the groups that are ready: the oldest first, staleness checked again, unusable ones named.
import { groupAdvantages, groupLag, type MissingPolicy } from "@easel/grpo";
import type { ManifestGroup } from "@easel/protocol";
import type { TrainingRow } from "@easel/training";
import type { ReadyGroup } from "./group-book.js";
import { type GroupRewards, groupRewards, type RewardPolicy, verdictOf } from "./group-rewards.js";

/** Step of each weights digest of this lineage that may have sampled something. */
export type KnownVersions = ReadonlyMap<string, number>;

export type BatchRules = RewardPolicy & {
  readonly batchGroups: number;
  readonly maxStaleness: number;
};

export type Choice = {
  /** Exactly `batchGroups` groups in training order, or null while there are too few. */
  readonly batch: readonly ReadyGroup[] | null;
  readonly drops: readonly { readonly group: string; readonly reason: string }[];
};

/** Chooses among ready groups (oldest first) for the step after `step`. */
export function chooseBatch(
  ready: readonly ReadyGroup[],
  step: number,
  versions: KnownVersions,
  rules: BatchRules,
): Choice {
  const drops: { group: string; reason: string }[] = [];
  const usable: ReadyGroup[] = [];
  for (const group of ready) {
    const reason =
      lagOf(group, step, versions) > rules.maxStaleness
        ? "stale"
        : verdictOf(groupRewards(group, rules), rules.missing).drop;
    if (reason === null) usable.push(group);
    else drops.push({ group: group.task.group, reason });
  }
  const batch = usable.length < rules.batchGroups ? null : usable.slice(0, rules.batchGroups);
  return { batch, drops };
}

/** Weight versions between the oldest token of a group and `step`; infinite for weights that are not known. */
export function lagOf(group: ReadyGroup, step: number, versions: KnownVersions): number {
  const sampled = group.slices
    .flatMap(({ trajectory }) => trajectory.samples)
    .flatMap(({ weights }) => weights)
    .map(({ digest }) => versions.get(digest) ?? Number.NEGATIVE_INFINITY);
  return groupLag(sampled, step);
}

/** What a manifest says of a group. */
export function manifestGroup(group: ReadyGroup): ManifestGroup {
  return {
    group: group.task.group,
    slices: group.slices.map(({ slice, trajectoryDigest, scores }) => ({
      slice,
      trajectoryDigest,
      scores: scores.map(({ reward, digest }) => ({ reward, digest })),
    })),
  };
}

export type PreparedBatch = {
  readonly rows: readonly TrainingRow[];
  readonly rewards: readonly GroupRewards[];
  readonly tiedGroups: number;
  readonly missing: number;
};

/** Rows with advantages, in training order. A sample without a usable reward is left out of the loss. */
export function prepareBatch(
  batch: readonly ReadyGroup[],
  rules: RewardPolicy & { readonly missing: MissingPolicy; readonly stdEpsilon: number },
): PreparedBatch {
  const rewards = batch.map((group) => groupRewards(group, rules));
  const { advantages, usable, groups } = groupAdvantages(
    rewards.map(({ totals }) => totals),
    { epsilon: rules.stdEpsilon, missing: rules.missing },
  );
  const rows = batch.flatMap((group, g) =>
    group.slices
      .flatMap(({ trajectory }) =>
        trajectory.samples.map((sample) => ({ sample, promptIds: trajectory.promptIds })),
      )
      .flatMap(({ sample, promptIds }, s): TrainingRow[] => {
        if (usable[g]?.[s] !== true) return [];
        const { chainIds, forcedBoi, imageCodes, logProbs } = sample;
        const advantage = advantages[g]?.[s] ?? 0;
        return [{ promptIds, chainIds, forcedBoi, imageCodes, behaviourLogProbs: logProbs, advantage }];
      }),
  );
  return {
    rows,
    rewards,
    tiedGroups: groups.filter(({ informative }) => !informative).length,
    missing: rewards.reduce((sum, { missing }) => sum + missing, 0),
  };
}
