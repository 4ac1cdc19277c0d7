// How far `easel generate` is, as one line: redrawn on a terminal, elsewhere repeated now and then.
import { duration } from "@easel/runs";
import type { GenerationProgress } from "./generate-all.js";

/** Where the line goes. */
export type ProgressLineOptions = {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  /** A clock in ms. */
  readonly nowMs: () => number;
  /** Least time between two lines where there is no terminal; 10,000 when left out. */
  readonly everyMs?: number;
};

const ERASE_LINE = "\r\u001b[2K";

/** "12 of 40 pictures (8 were there), 0.5 a second, 56 s left" */
export function progressText({ total, kept, drawn }: GenerationProgress, elapsedMs: number): string {
  const before = kept === 0 ? "" : ` (${kept} were there)`;
  const start = `${kept + drawn} of ${total} pictures${before}`;
  if (drawn === 0 || elapsedMs <= 0) return start;
  const rate = (drawn * 1000) / elapsedMs;
  const left = total - kept - drawn;
  const pace = rate >= 1 ? `${rate.toFixed(1)} a second` : `${(1 / rate).toFixed(1)} s each`;
  return `${start}, ${pace}${left === 0 ? "" : `, ${duration(left / rate)} left`}`;
}

/** The line itself. */
export type ProgressLine = {
  update(progress: GenerationProgress): void;
  /** Writes a lasting line; the one that is redrawn goes on below it. */
  note(text: string): void;
  /** Leaves the last state standing. */
  close(): void;
};

/** A line over a stream's `write`. */
export function createProgressLine(options: ProgressLineOptions): ProgressLine {
  const { write, isTerminal, nowMs, everyMs = 10_000 } = options;
  const startedMs = nowMs();
  let written: number | null = null;
  let waiting: string | null = null;
  let standing = "";
  return {
    update(progress) {
      const text = progressText(progress, nowMs() - startedMs);
      if (isTerminal) {
        write(`${ERASE_LINE}${text}`);
        standing = text;
        written = nowMs();
        return;
      }
      waiting = text;
      if (written !== null && nowMs() - written < everyMs) return;
      write(`${text}\n`);
      written = nowMs();
      waiting = null;
    },
    note(text) {
      write(standing === "" ? `${text}\n` : `${ERASE_LINE}${text}\n${standing}`);
    },
    close() {
      if (standing !== "") write("\n");
      standing = "";
      if (waiting !== null) write(`${waiting}\n`);
      waiting = null;
    },
  };
}
