// What `easel status` prints: each process, what it waits for, since when and until when. Pure.
import { formatAge } from "./figures.js";

export type WaitStatus = {
  /** What is waited for, such as "a scored group". */
  readonly name: string;
  readonly sinceMs: number;
  /** When the wait gives up. */
  readonly deadlineMs: number;
};

export type ProcessStatus = {
  /** Name of the process, such as `learner` or `rollout-worker-1`. */
  readonly process: string;
  /** What it does, such as "drawing" or "waiting". */
  readonly state: string;
  /** Time of its last sign of life, in ms of the same clock as `nowMs`. */
  readonly seenMs: number;
  readonly waits: readonly WaitStatus[];
  readonly engine?: string;
};

/** Silent for longer than this is shown as such. */
const SILENT_MS = 15_000;

/** A table, one line a process and one below it for each wait; overdue waits and silent processes are marked with "!". */
export function statusOf(processes: readonly ProcessStatus[], nowMs: number): string {
  if (processes.length === 0) return "No process of this run has reported. Start one with easel train.";
  const nameWidth = Math.max(...processes.map(({ process }) => process.length));
  const lines: string[] = [];
  for (const one of [...processes].sort((a, b) => a.process.localeCompare(b.process))) {
    const silent = nowMs - one.seenMs > SILENT_MS;
    const seen = silent
      ? `silent for ${formatAge(nowMs - one.seenMs)}`
      : `seen ${formatAge(nowMs - one.seenMs)} ago`;
    const engine = one.engine === undefined ? "" : `, ${one.engine}`;
    lines.push(`${silent ? "!" : " "} ${one.process.padEnd(nameWidth)}  ${one.state}, ${seen}${engine}`);
    for (const wait of one.waits) lines.push(`${waitLine(wait, nowMs, nameWidth)}`);
  }
  return lines.join("\n");
}

function waitLine({ name, sinceMs, deadlineMs }: WaitStatus, nowMs: number, nameWidth: number): string {
  const overdue = nowMs > deadlineMs;
  const until = overdue
    ? `overdue by ${formatAge(nowMs - deadlineMs)}`
    : `gives up in ${formatAge(deadlineMs - nowMs)}`;
  return `${overdue ? "!" : " "} ${"".padEnd(nameWidth)}  waits for ${name} since ${formatAge(nowMs - sinceMs)}, ${until}`;
}
