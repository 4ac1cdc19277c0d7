// Checks that a value from a message is a prompt of the shape world. Does not make prompts.

import { type PromptSpec, promptFault } from "@easel/shapeworld";
import { RewardsError } from "./errors.js";

/**
 * The prompt's meaning from a task message.
 *
 * @throws RewardsError `EASEL_REWARDS_PROMPT`, naming the first field that is wrong.
 */
export function readPromptSpec(value: unknown): PromptSpec {
  const fault = promptFault(value);
  if (fault === null) return value as PromptSpec;
  throw new RewardsError(
    "EASEL_REWARDS_PROMPT",
    `the task's promptSpec is not a prompt of the shape world: ${fault}; issue it with promptSet() of the same release`,
  );
}
