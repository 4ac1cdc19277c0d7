// Issues that are found nowhere: recorded, but their task was never published or the broker lost it. The learner publishes these again
// at its start.
import type { RolloutTask } from "@easel/protocol";
import { deriveConservation, type Evidence } from "./conservation.js";

/** Tasks to publish again, in the order of their issue: what the conservation law would call lost. */
export function orphanTasks(evidence: Evidence): RolloutTask[] {
  const { groups } = deriveConservation(evidence);
  return evidence.ledger
    .flatMap(({ record }) => (record.kind === "issue" ? [record.task] : []))
    .filter((task) => groups.get(task.group)?.state === "lost")
    .sort((a, b) => a.issue - b.issue);
}
