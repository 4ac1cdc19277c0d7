// A full disk, however deep in an error's causes, as one error that names the folder and the remedy.
import { ProcessError } from "./errors.js";

const codes: readonly unknown[] = ["ENOSPC", "EDQUOT"];

/** True when the error, or what caused it, is that a file could not be written for want of room. */
export function isDiskFull(error: unknown): boolean {
  // A cause may point back to its error.
  for (
    let depth = 0, current = error;
    current instanceof Error && depth < 8;
    depth += 1, current = current.cause
  ) {
    if ("code" in current && codes.includes(current.code)) return true;
  }
  return false;
}

/**
 * The error to end with when writing in a run's folder failed for want of room; null when it failed for another reason.
 * @param folder the run's folder, or the one that holds the runs
 */
export function diskFull(error: unknown, folder: string): ProcessError | null {
  if (!isDiskFull(error)) return null;
  return new ProcessError(
    "EASEL_PROCESS_DISK_FULL",
    `The disk of ${folder} is full. Free some room there and go on with: easel train --resume ${folder}. What was acknowledged is kept; no sample is lost or trained twice.`,
    { cause: error },
  );
}
