// Which checkpoint a learner starts from: the newest that belongs to the living lineage and is whole. A damaged one is passed over, with
// a warning that names it.
import { join } from "node:path";
import type { Logger } from "@easel/telemetry";
import { listCheckpoints, type ReadCheckpoint, readCheckpoint } from "./checkpoint.js";
import { LearnerError } from "./errors.js";
import { isLive, type Lineage } from "./lineage.js";

/**
 * The checkpoint to start from; null for a run that has not begun.
 * @throws LearnerError `EASEL_LEARNER_ANOTHER_RUN`, or `EASEL_LEARNER_NO_CHECKPOINT` when the ledger knows steps that no usable
 * checkpoint precedes.
 */
export async function chooseCheckpoint(
  folder: string,
  run: string,
  lineage: Lineage,
  log: Logger,
): Promise<ReadCheckpoint | null> {
  const checkpoints = join(folder, "checkpoints");
  const all = await listCheckpoints(checkpoints);
  // Without any epoch in the ledger the broker's store was lost, and the folder alone knows the run; the caller refuses to go on.
  const candidates = lineage.epoch === null ? all : all.filter((one) => isLive(lineage, one));
  const damaged: string[] = [];
  for (const { name } of candidates) {
    try {
      const found = await readCheckpoint(checkpoints, name);
      if (found.pointer.run === run) return found;
      throw new LearnerError(
        "EASEL_LEARNER_ANOTHER_RUN",
        `The folder ${folder} holds checkpoints of run ${found.pointer.run}, not of ${run}. Resume that run, or give this one a folder of its own.`,
      );
    } catch (error) {
      if (!(error instanceof LearnerError) || error.code !== "EASEL_LEARNER_CHECKPOINT_CORRUPT") throw error;
      damaged.push(name);
      log.warn({ checkpoint: name, err: error }, "passed over a damaged checkpoint");
    }
  }
  if (lineage.lastStep === 0 && damaged.length === 0) return null;
  const why = damaged.length > 0 ? `${damaged.join(", ")} damaged` : "none found";
  throw new LearnerError(
    "EASEL_LEARNER_NO_CHECKPOINT",
    `Run ${run} has ${lineage.lastStep} steps in its ledger, but ${folder} has no usable checkpoint (${why}). Restore the checkpoints from a copy, or start a run under another name.`,
  );
}
