// Chooses the prompts of a mix out of the pools, by a seed and their words alone: the order of a list does not matter, and a
// larger mix holds the smaller one. Pure.
import { createHash } from "node:crypto";
import type { PooledPrompt } from "./prompt-pool.js";

/** A chosen part of every pool. */
export type ChosenPrompts = {
  readonly dev: readonly (readonly PooledPrompt[])[];
  readonly train: readonly (readonly PooledPrompt[])[];
};

/**
 * Takes the first `dev[i]` prompts of pool `i` and the `train[i]` after them, in the order that the seed gives.
 *
 * @param dev how many of each pool; together with `train` at most what the pool has
 */
export function choosePrompts(
  pools: readonly (readonly PooledPrompt[])[],
  dev: readonly number[],
  train: readonly number[],
  seed: number,
): ChosenPrompts {
  const ordered = pools.map((pool) => inSeededOrder(pool, seed, "choice"));
  return {
    dev: ordered.map((pool, index) => pool.slice(0, dev[index] ?? 0)),
    train: ordered.map((pool, index) => {
      const from = dev[index] ?? 0;
      return pool.slice(from, from + (train[index] ?? 0));
    }),
  };
}

/**
 * The prompts in an order that depends on seed, purpose and the prompts, and on nothing else.
 *
 * @param purpose `order` is independent of `choice`: what was chosen by the one is well mixed by the other
 */
export function inSeededOrder(
  prompts: readonly PooledPrompt[],
  seed: number,
  purpose: "choice" | "order",
): readonly PooledPrompt[] {
  const keyed = prompts.map((prompt) => ({
    prompt,
    key: createHash("sha256").update(`${purpose} ${seed}\n${prompt.canonical}`).digest("hex"),
  }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return keyed.map(({ prompt }) => prompt);
}
