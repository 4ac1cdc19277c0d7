// The batch of a step: oldest first, exactly full, nothing stale, every refusal with its reason; and the rewards it is made of.
import type { MissingPolicy } from "@easel/grpo";
import { encodeMessage, messageDigest, sha256Hex } from "@easel/protocol";
import { sampleScore, sampleTask, sampleTrajectory } from "@easel/testkit";
import { expect, test } from "vitest";
import { chooseBatch, manifestGroup, type PreparedBatch, prepareBatch } from "./batch.js";
import type { ReadyGroup } from "./group-book.js";
import { groupRewards } from "./group-rewards.js";

const rules = {
  batchGroups: 2,
  maxStaleness: 1,
  combine: "product" as const,
  missing: "ignore" as const,
  shuffleWithinGroup: false,
  seed: 1,
  stdEpsilon: 1e-4,
};

/** A ready group of two slices of two samples; `values` are its `sem` scores, `pi` is 1. */
function readyGroup(issue: number, values: readonly (number | null)[], weights = "weights 0"): ReadyGroup {
  const task = sampleTask("run", issue, { policy: { epoch: 1, step: 0, digest: sha256Hex(weights) } });
  const slices = [0, 1].map((slice) => {
    const trajectory = sampleTrajectory(task, slice, "a");
    const scores = ["pi", "sem"].map((reward) => {
      const vector = sampleScore(trajectory, reward, "b");
      const scored = vector.scores.map((score, i) => {
        const value = reward === "pi" ? 1 : (values[2 * slice + i] ?? null);
        return value === null ? { ...score, value, reason: "judge-timeout" } : { ...score, value };
      });
      return { reward, vector: { ...vector, scores: scored }, digest: sha256Hex(`${slice}${reward}`) };
    });
    return {
      slice,
      trajectory,
      trajectoryDigest: messageDigest(encodeMessage("trajectory", trajectory)),
      scores,
    };
  });
  return { task, slices };
}

const versions = new Map([
  [sha256Hex("weights 0"), 0],
  [sha256Hex("weights 2"), 2],
]);

test("the oldest groups are taken, and only a full batch", () => {
  const groups = [1, 2, 3].map((issue) => readyGroup(issue, [0, 1, 0, 1]));
  expect(chooseBatch(groups, 0, versions, rules).batch).toEqual(groups.slice(0, 2));
  expect(chooseBatch(groups.slice(0, 1), 0, versions, rules)).toEqual({ batch: null, drops: [] });
});

test("staleness is checked again: an old group is dropped by name, and unknown weights are infinitely old", () => {
  const old = readyGroup(1, [0, 1, 0, 1]);
  const fresh = readyGroup(2, [0, 1, 0, 1], "weights 2");
  const stranger = readyGroup(3, [0, 1, 0, 1], "weights of nobody");
  const choice = chooseBatch([old, fresh, stranger], 2, versions, rules);
  expect(choice.batch).toBeNull();
  expect(choice.drops).toEqual([old, stranger].map(({ task }) => ({ group: task.group, reason: "stale" })));
});

test("a group whose rewards are mostly missing is dropped with the reason, a tied one is trained on and counted", () => {
  const broken = readyGroup(1, [null, null, null, 1]);
  const tied = readyGroup(2, [0.5, 0.5, 0.5, 0.5]);
  const choice = chooseBatch([broken, tied, readyGroup(3, [0, 1, 0, 1])], 0, versions, rules);
  expect(choice.drops).toEqual([{ group: broken.task.group, reason: "too_many_missing" }]);
  expect(prepareBatch(choice.batch ?? [], rules).tiedGroups).toBe(1);
});

/** Samples without a reward that are trained on all the same, as if it had been 0 or anything else. */
function trainedWithoutReward({ slices }: ReadyGroup, rows: PreparedBatch["rows"]): number[] {
  const samples = slices.flatMap(({ trajectory, scores }) =>
    trajectory.samples.map((sample, i) => ({
      sample,
      scored: scores.every(({ vector }) => vector.scores[i]?.value !== null),
    })),
  );
  return samples.flatMap(({ sample, scored }) =>
    !scored && rows.some(({ imageCodes }) => imageCodes === sample.imageCodes) ? [sample.index] : [],
  );
}

test("a reward that is missing is read as 0 by the policy that says so, and by no other", () => {
  const group = readyGroup(1, [0, 1, null, 1]);
  const trained = (missing: MissingPolicy): number[] =>
    trainedWithoutReward(group, prepareBatch([group], { ...rules, missing }).rows);
  expect(trained("ignore")).toEqual([]);
  expect(chooseBatch([group], 0, versions, { ...rules, missing: "drop-group" }).drops).toEqual([
    { group: group.task.group, reason: "missing_reward" },
  ]);
  // The control: what is looked for above is found where a missing reward is read as 0.
  expect(trained("lowest")).toEqual([2]);
});

test("advantages are those of the group; a sample without a reward is left out and never read as 0", () => {
  const { rows, missing } = prepareBatch([readyGroup(1, [0, 1, null, 1])], rules);
  expect(missing).toBe(1);
  expect(rows).toHaveLength(3);
  // Mean 2/3, Bessel deviation sqrt(1/3): by hand.
  const deviation = Math.sqrt(1 / 3) + 1e-4;
  const expected = [-2 / 3, 1 / 3, 1 / 3].map((difference) => difference / deviation);
  for (const [i, { advantage }] of rows.entries())
    expect(advantage).toBeCloseTo(expected[i] ?? Number.NaN, 10);
});

test("the control permutes rewards within their group, in the same way each time", () => {
  const group = readyGroup(1, [0.1, 0.2, 0.3, 0.4]);
  const plain = groupRewards(group, rules).totals;
  const shuffledRules = { ...rules, shuffleWithinGroup: true };
  const permuted = groupRewards(group, shuffledRules).totals;
  expect([...permuted].sort()).toEqual([...plain].sort());
  expect(groupRewards(group, shuffledRules).totals).toEqual(permuted);
  const orders = [1, 2, 3, 4, 5].map((issue) =>
    groupRewards(readyGroup(issue, [0.1, 0.2, 0.3, 0.4]), shuffledRules).totals.join(),
  );
  expect(new Set(orders).size).toBeGreaterThan(1);
});

test("a manifest names every message of a group by its digest", () => {
  const group = readyGroup(1, [0, 1, 0, 1]);
  expect(manifestGroup(group)).toEqual({
    group: group.task.group,
    slices: group.slices.map(({ slice, trajectoryDigest, scores }) => ({
      slice,
      trajectoryDigest,
      scores: scores.map(({ reward, digest }) => ({ reward, digest })),
    })),
  });
});
