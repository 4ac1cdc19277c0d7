// Publishes every two seconds what this worker does. Status reads it; nothing depends on it.
import { publishEvent } from "@easel/bus";
import type { RewardOptions } from "./options.js";

const EVERY_MS = 2_000;

/** Starts reporting; `stop` ends it. */
export function reportState(
  { bus, run, worker, signal }: RewardOptions,
  progress: { readonly slices: number },
): { stop(): void } {
  let before = 0;
  let idleSince = bus.clock.nowMs();
  const report = (): void => {
    const now = bus.clock.nowMs();
    if (progress.slices !== before) idleSince = now;
    const idle = progress.slices === before;
    before = progress.slices;
    const waits = idle ? [{ name: "trajectories", waitedMs: Math.round(now - idleSince), leftMs: null }] : [];
    const state = signal.aborted ? "draining" : idle ? "waiting for trajectories" : "scoring";
    publishEvent(bus, {
      run,
      kind: "state",
      source: worker,
      name: "state",
      atMs: bus.clock.wallMs(),
      data: { state, pid: process.pid, waits, slices: progress.slices, engine: null },
    });
  };
  report();
  const timer = setInterval(report, EVERY_MS);
  return { stop: () => clearInterval(timer) };
}
