// How many rows a rollout worker decodes in lock-step, which the size of its cache follows from. Pure.
import type { RunConfig } from "./run-config.js";

/** Rows of one decoding call: all samples of the slots, or fewer where `rollout.maxRows` bounds them. */
export function decodeRows({ rollout, grpo }: Pick<RunConfig, "rollout" | "grpo">): number {
  const wanted = rollout.slots * grpo.groupSize;
  return rollout.maxRows === "auto" ? wanted : Math.min(wanted, rollout.maxRows);
}
