// The curves by skill: each sample counts for the skill of its prompt.
import { sampleTask } from "@easel/testkit";
import { expect, test } from "vitest";
import { skillRewards } from "./skill-rewards.js";

const groupWith = (issue: number, category: string) => ({
  task: sampleTask("run", issue, { promptSpec: { category } }),
  slices: [],
});
const rewardsOf = (...totals: (number | null)[]) => ({ totals, byReward: {}, missing: 0 });

test("means are over the samples of a skill; missing rewards and absent skills are left out", () => {
  const batch = [
    groupWith(1, "colour"),
    groupWith(2, "spatial"),
    groupWith(3, "colour"),
    groupWith(4, "shape"),
  ];
  const rewards = [rewardsOf(0.2, 0.4), rewardsOf(1, null), rewardsOf(0.9), rewardsOf(null)];
  const skills = skillRewards(batch, rewards);
  expect(Object.keys(skills).sort()).toEqual(["colour", "spatial"]);
  expect(skills.colour).toBeCloseTo(0.5);
  expect(skills.spatial).toBe(1);
});
