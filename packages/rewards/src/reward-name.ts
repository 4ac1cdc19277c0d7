// The names and versions of the rewards. What each one measures is in shapeworld/, and in README.md as rubrics.

/**
 * `sem` prompt to words, `spa` prompt to layout, `pi` prompt to image, `ri` plan to image, `q` image quality: the place
 * that HPS has in GoT-R1, and where a judge of photographs puts it.
 */
export const REWARD_NAMES = ["sem", "spa", "pi", "ri", "q"] as const;

export type RewardName = (typeof REWARD_NAMES)[number];

/** Versions of the shapeworld judge's rewards. Any change that can move a score is a new version. */
export const SHAPEWORLD_VERSIONS: Readonly<Record<RewardName, string>> = {
  sem: "shapeworld-sem-1",
  spa: "shapeworld-spa-1",
  pi: "shapeworld-pi-1",
  ri: "shapeworld-ri-1",
  q: "shapeworld-q-1",
};

/** True for a name of `REWARD_NAMES`. */
export function isRewardName(name: string): name is RewardName {
  return (REWARD_NAMES as readonly string[]).includes(name);
}
