// How long a run took and how fast it was, out of its metrics. Pure.
import { type MetricsRecord, type RunSummary, stepsOf } from "@easel/runs";

/** Times of a run. */
export type RunTimes = Pick<RunSummary, "seconds" | "steps" | "throughput">;

/**
 * Training is what `learner.maxTime` counts, up to the last step: waiting for samples, updates, what lies between them, and
 * evaluations on the way. The total is the time of this start of the run and what earlier starts had trained for; the time
 * between starts does not count.
 *
 * @param startedMs when this start began, Unix ms
 * @param nowMs Unix ms
 */
export function runTimes(records: readonly MetricsRecord[], startedMs: number, nowMs: number): RunTimes {
  const steps = stepsOf(records);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const training = Math.max(0, ...steps.map(({ elapsedMs }) => elapsedMs ?? 0)) / 1000;
  const earlierMs = records.flatMap((record) =>
    record.kind !== "notice" && record.atMs < startedMs ? [record.elapsedMs ?? 0] : [],
  );
  const rate = (count: number): number => (training > 0 ? count / training : 0);
  return {
    seconds: { total: (nowMs - startedMs + Math.max(0, ...earlierMs)) / 1000, training },
    steps: steps.at(-1)?.step ?? 0,
    throughput: {
      samplesPerSecond: rate(sum(steps.map(({ samples }) => samples ?? 0))),
      tokensPerSecond: rate(sum(steps.map(({ tokens }) => tokens ?? 0))),
    },
  };
}
