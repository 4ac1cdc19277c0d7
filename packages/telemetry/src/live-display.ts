// Writes the live line: on a terminal one line that is redrawn, elsewhere a line each few seconds. Decides nothing about
// its content.
import { type LiveState, renderLiveLine } from "./live-line.js";

export type LiveDisplayOptions = {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  /** Columns of the terminal now. */
  readonly columns?: () => number;
  /** A monotonic clock in ms. */
  readonly now: () => number;
  /** Least time between two redraws on a terminal, 200, and between two lines elsewhere, 10,000. */
  readonly everyMs?: number;
};

export interface LiveDisplay {
  update(state: LiveState): void;
  /** Writes a lasting line above the live one: events, evaluations, warnings. */
  note(line: string): void;
  /** Writes the last state for good. Safe to call twice. */
  close(): void;
}

const ERASE_LINE = "\r\u001b[2K";

/** A display over a stream's `write`. */
export function createLiveDisplay(o: LiveDisplayOptions): LiveDisplay {
  const everyMs = o.everyMs ?? (o.isTerminal ? 200 : 10_000);
  let state: LiveState | null = null;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let stale = false;
  let closed = false;

  // One column less than the terminal has: a full line would wrap on some.
  const width = () => (o.isTerminal ? (o.columns?.() ?? 80) - 1 : Number.POSITIVE_INFINITY);

  function draw(): void {
    if (state === null) return;
    const line = renderLiveLine(state, width());
    o.write(o.isTerminal ? `${ERASE_LINE}${line}` : `${line}\n`);
    drawnAt = o.now();
    stale = false;
  }

  return {
    update: (next) => {
      if (closed) return;
      state = next;
      stale = true;
      if (o.now() - drawnAt >= everyMs) draw();
    },
    note: (line) => {
      if (!o.isTerminal || closed || state === null) {
        o.write(`${line}\n`);
        return;
      }
      o.write(`${ERASE_LINE}${line}\n`);
      draw();
    },
    close: () => {
      if (closed) return;
      if (stale) draw();
      if (o.isTerminal && state !== null) o.write("\n");
      closed = true;
    },
  };
}
