// From a run's events to the live line. Pure but for the plain object it keeps.
import type { EventRecord } from "@easel/protocol";
import type { LiveState } from "@easel/telemetry";

export type Limits = { readonly steps: number | null; readonly maxTimeMs: number | null };

const start: LiveState = {
  step: 0,
  steps: null,
  batchReward: null,
  devReward: null,
  samplesPerSecond: null,
  tokensPerSecond: null,
  staleness: null,
  timeLeftMs: null,
  engine: "",
};

export function initialLive(limits: Limits): LiveState {
  return { ...start, steps: limits.steps, timeLeftMs: limits.maxTimeMs };
}

/** The state after an event; and a line worth keeping, if the event is one. */
export function afterEvent(
  live: LiveState,
  event: EventRecord,
  limits: Limits,
): { readonly live: LiveState; readonly note: string | null } {
  const { data } = event;
  if (event.kind === "metric" && event.name === "step") {
    const next: LiveState = {
      ...live,
      step: numberOf(data.step) ?? live.step,
      batchReward: numberOf(data.rewardMean),
      samplesPerSecond: numberOf(data.samplesPerSecond),
      tokensPerSecond: numberOf(data.tokensPerSecond),
      staleness: numberOf(data.staleness),
      timeLeftMs: timeLeft(data, limits),
      waiting: null,
    };
    return { live: next, note: null };
  }
  if (event.kind === "metric" && event.name === "evaluation") {
    const total = numberOf(data.total);
    const before = data.step === 0 ? `, ${secondsOf(data)} before training` : "";
    const note = `step ${String(data.step)}: mean reward ${total?.toFixed(3) ?? "unknown"} on the dev prompts${before}`;
    return { live: { ...live, devReward: total }, note };
  }
  if (event.kind === "metric" && event.name === "compiled") {
    return { live, note: `${event.source}: compiled in ${secondsOf(data)}` };
  }
  if (event.kind === "state" && event.source === "learner") {
    const engine = typeof data.engine === "string" ? data.engine : live.engine;
    return { live: { ...live, engine, waiting: longWait(data.waits) }, note: null };
  }
  if (event.kind === "alarm") return { live, note: `! ${event.source}: ${event.name}` };
  return { live, note: null };
}

const WORTH_SAYING_MS = 10_000;

function longWait(waits: unknown): string | null {
  if (!Array.isArray(waits)) return null;
  const first: unknown = waits[0];
  if (typeof first !== "object" || first === null || !("name" in first) || !("waitedMs" in first))
    return null;
  return Number(first.waitedMs) > WORTH_SAYING_MS ? String(first.name) : null;
}

/** By the nearer limit: time that is left, or steps that are left at the pace so far. */
function timeLeft(data: EventRecord["data"], limits: Limits): number | null {
  const [elapsed, step] = [numberOf(data.elapsedMs), numberOf(data.step)];
  if (elapsed === null || step === null) return null;
  const byTime = limits.maxTimeMs === null ? Number.POSITIVE_INFINITY : limits.maxTimeMs - elapsed;
  const bySteps =
    limits.steps === null || step === 0 ? Number.POSITIVE_INFINITY : (elapsed / step) * (limits.steps - step);
  const least = Math.min(byTime, bySteps);
  return Number.isFinite(least) ? Math.max(0, least) : null;
}

function secondsOf(data: EventRecord["data"]): string {
  return `${numberOf(data.seconds)?.toFixed(1) ?? "?"} s`;
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
