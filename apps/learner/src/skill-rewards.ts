// Mean total reward of a batch by skill, for curves. Nothing is trained on it.
import { CATEGORIES, type Category } from "@easel/shapeworld";
import type { ReadyGroup } from "./group-book.js";
import type { GroupRewards } from "./group-rewards.js";
import { meanOf } from "./metrics-file.js";

/**
 * Means over the samples of each skill that the batch has prompts of, [0,1].
 *
 * @param rewards those of `batch`, in the same order
 */
export function skillRewards(
  batch: readonly ReadyGroup[],
  rewards: readonly GroupRewards[],
): Readonly<Partial<Record<Category, number>>> {
  const skills: Partial<Record<Category, number>> = {};
  for (const category of CATEGORIES) {
    const totals = rewards
      .filter((_, index) => categoryOf(batch[index]) === category)
      .flatMap((one) => one.totals);
    const mean = meanOf(totals);
    if (mean !== null) skills[category] = mean;
  }
  return skills;
}

function categoryOf(group: ReadyGroup | undefined): unknown {
  const spec = group?.task.promptSpec;
  return typeof spec === "object" && spec !== null && "category" in spec ? spec.category : undefined;
}
