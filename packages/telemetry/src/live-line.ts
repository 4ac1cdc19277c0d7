// The line a user watches during a run, made from plain values. Where it is written is live-display.ts.
import { formatClock, formatCount, formatReward } from "./figures.js";

export type LiveState = {
  readonly step: number;
  /** Updates planned; null without a limit. */
  readonly steps: number | null;
  /** Mean total reward of the last batch, in [0,1]. */
  readonly batchReward: number | null;
  /** Mean total reward of the last dev evaluation, in [0,1]. */
  readonly devReward: number | null;
  readonly samplesPerSecond: number | null;
  readonly tokensPerSecond: number | null;
  /** Mean weight versions the last batch lagged behind. */
  readonly staleness: number | null;
  readonly timeLeftMs: number | null;
  /** The engine, such as "tensorflow 2.21.0"; a slower one must say so here. */
  readonly engine: string;
  /** What the run waits for, when nothing moves. */
  readonly waiting?: string | null;
};

/**
 * One line without a line break, at most `width` characters: parts that do not fit are left out from the end, but what
 * the run waits for is kept.
 */
export function renderLiveLine(state: LiveState, width = Number.POSITIVE_INFINITY): string {
  const dev = state.devReward === null ? "" : `, dev ${formatReward(state.devReward)}`;
  const parts = [
    `step ${state.step}${state.steps === null ? "" : `/${state.steps}`}`,
    ...(state.waiting ? [`waiting for ${state.waiting}`] : []),
    `reward ${formatReward(state.batchReward)}${dev}`,
    `${formatClock(state.timeLeftMs)} left`,
    `${formatCount(state.samplesPerSecond)} samples/s`,
    `${formatCount(state.tokensPerSecond)} tokens/s`,
    `staleness ${state.staleness === null ? "–" : state.staleness.toFixed(1)}`,
    state.engine,
  ];
  let line = parts[0] ?? "";
  for (const part of parts.slice(1)) {
    if (line.length + part.length + 3 > width) break;
    line += ` · ${part}`;
  }
  return line.length > width ? `${line.slice(0, Math.max(0, width - 1))}…` : line;
}
