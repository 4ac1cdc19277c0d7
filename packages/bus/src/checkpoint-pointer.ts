// Which checkpoint of a run counts. Moved by compare-and-set after the checkpoint's files are durable, and only forward.
import { type CheckpointPointer, comparePolicyVersions } from "@easel/protocol";
import type { Bus } from "./connect.js";
import { ControlCell } from "./control-bucket.js";
import { BusError } from "./errors.js";

export async function checkpointPointer(bus: Bus, run: string): Promise<CheckpointPointer | null> {
  const cell = await ControlCell.open(bus, run, "checkpoint", "checkpointPointer");
  return (await cell.read())?.value ?? null;
}

/**
 * Points at a newer checkpoint.
 * @param expected the pointer that this learner last saw or wrote; null for none.
 * @throws BusError `EASEL_BUS_CHECKPOINT_CONFLICT` when someone else moved it.
 */
export async function movePointer(
  bus: Bus,
  next: CheckpointPointer,
  expected: CheckpointPointer | null,
): Promise<void> {
  const cell = await ControlCell.open(bus, next.run, "checkpoint", "checkpointPointer");
  const found = await cell.read();
  if (found !== null && found.value.digest === next.digest && found.value.name === next.name) return;
  const asExpected = (found?.value.digest ?? null) === (expected?.digest ?? null);
  const forward = found === null || comparePolicyVersions(next, found.value) > 0;
  if (asExpected && forward && (await cell.compareAndSet(next, found?.revision ?? 0)) !== null) return;
  throw new BusError(
    "EASEL_BUS_CHECKPOINT_CONFLICT",
    `The checkpoint pointer of run ${next.run} is not where this learner left it (found ${found?.value.name ?? "none"}, expected ${expected?.name ?? "none"}). Another learner has taken over; stop this one.`,
  );
}
