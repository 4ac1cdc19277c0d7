// The identity of a group: `<issue, 10 digits>-<first 24 hex digits of the digest of the task's content>`.
import { z } from "zod";
import { canonicalJson, type JsonValue } from "./canonical-json.js";
import { sha256Hex } from "./digest.js";
import { ProtocolError } from "./errors.js";
import type { RolloutTask, RolloutTaskContent } from "./rollout-task.js";

const GROUP = /^(\d{10})-([0-9a-f]{24})$/;

export const groupIdSchema: z.ZodType<string> = z
  .string()
  .regex(GROUP, "must be a group id: 10 digits, '-', 24 hex digits");

/**
 * The id of the group that this content asks for. Two tasks with one issue number and different content get different
 * ids, so a result can never be taken for another task's. When it was issued is not content.
 */
export function groupId(content: RolloutTaskContent): string {
  const { run, issue, promptText, promptSpec, groupSize, slices, sampling, policy, rewards } = content;
  const digested: JsonValue = {
    run,
    issue,
    promptText,
    promptSpec,
    groupSize,
    slices: slices.map(({ slice, from, to }) => ({ slice, from, to })),
    sampling: {
      temperature: sampling.temperature,
      guidanceScale: sampling.guidanceScale,
      textCap: sampling.textCap,
      seed: sampling.seed,
    },
    policy: { epoch: policy.epoch, step: policy.step, digest: policy.digest },
    rewards: rewards.map(({ name, version }) => ({ name, version })),
  };
  return `${String(issue).padStart(10, "0")}-${sha256Hex(canonicalJson(digested)).slice(0, 24)}`;
}

/** Completes a task with the group id its content has. */
export function makeRolloutTask(content: RolloutTaskContent, issuedAtMs: number): RolloutTask {
  return { ...content, group: groupId(content), issuedAtMs };
}

/**
 * The issue number inside a group id.
 * @throws ProtocolError `EASEL_PROTOCOL_BAD_NAME` for anything that is not a group id.
 */
export function issueOfGroup(group: string): number {
  const match = GROUP.exec(group);
  if (match?.[1] === undefined) {
    throw new ProtocolError(
      "EASEL_PROTOCOL_BAD_NAME",
      `${JSON.stringify(group)} is not a group id. Group ids are made by groupId().`,
    );
  }
  return Number(match[1]);
}
