// A file of lines whose last one was cut off, by a crash or a full disk, gets its line break, so that the next line stands alone.
import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";

/** Ends the last line of a file if it has none. A file that is not there, or cannot be written, is left as it is. */
export function endTornLine(path: string): void {
  let file: number;
  try {
    file = openSync(path, "r+");
  } catch {
    return;
  }
  try {
    const { size } = fstatSync(file);
    const last = Buffer.alloc(1);
    if (size === 0 || readSync(file, last, 0, 1, size - 1) === 0 || last[0] === 0x0a) return;
    writeSync(file, "\n", size);
  } catch {
    // Readers pass over a line that is no JSON.
  } finally {
    closeSync(file);
  }
}
