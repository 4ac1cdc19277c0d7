// How many groups may be issued now, and what the next task says. Pure; the ledger and the queue are in issuer.ts.
import { admissionCapacity } from "@easel/grpo";
import { makeRolloutTask, type PolicyVersion, type RolloutTask, sliceGroup } from "@easel/protocol";
import type { PromptSpec } from "@easel/shapeworld";
import type { LearnerSettings } from "./settings.js";

/** Groups that may be issued: admission by staleness and concurrency, and no more than the steps that are left can train. */
export function groupsToIssue(
  settings: LearnerSettings,
  step: number,
  counters: { readonly running: number; readonly accepted: number },
): number {
  const { batchGroups, concurrency, maxStaleness, schedule } = settings;
  const admitted = admissionCapacity({ batchGroups, concurrency, maxStaleness, version: step, ...counters });
  const needed = schedule.steps * batchGroups - counters.accepted - counters.running;
  return Math.max(0, Math.min(admitted, needed));
}

/** The task of an issue number. */
export function taskOf(
  settings: LearnerSettings,
  issue: number,
  prompt: PromptSpec,
  policy: PolicyVersion,
  atMs: number,
): RolloutTask {
  return makeRolloutTask(
    {
      run: settings.run,
      issue,
      promptText: prompt.text,
      promptSpec: JSON.parse(JSON.stringify(prompt)) as RolloutTask["promptSpec"],
      groupSize: settings.groupSize,
      slices: sliceGroup(settings.groupSize, settings.sliceSize),
      sampling: { ...settings.sampling, seed: settings.seed },
      policy,
      rewards: settings.rewards,
    },
    atMs,
  );
}
