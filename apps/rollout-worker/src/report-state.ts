// Publishes every two seconds what this worker does and waits for. Status reads it; nothing depends on it.
import { publishEvent } from "@easel/bus";
import type { RolloutOptions } from "./options.js";

const EVERY_MS = 2_000;

/** Says how long compiling took. */
export function reportCompiled({ bus, settings, log }: RolloutOptions, seconds: number): void {
  const { run, worker: source } = settings;
  log.info({ seconds }, "compiled");
  publishEvent(bus, {
    run,
    kind: "metric",
    source,
    name: "compiled",
    atMs: bus.clock.wallMs(),
    data: { seconds },
  });
}

/** Starts reporting what `activity` holds at the time; `stop` ends it. */
export function reportState(
  { bus, settings, engine, signal }: RolloutOptions,
  activity: { readonly state: string; readonly since: number },
): { stop(): void } {
  const report = (): void => {
    const waitedMs = Math.round(bus.clock.nowMs() - activity.since);
    const waits = activity.state.startsWith("waiting for ")
      ? [{ name: activity.state.slice("waiting for ".length), waitedMs, leftMs: null }]
      : [];
    const state = signal.aborted ? "draining" : activity.state;
    publishEvent(bus, {
      run: settings.run,
      kind: "state",
      source: settings.worker,
      name: "state",
      atMs: bus.clock.wallMs(),
      data: { state, pid: process.pid, waits, engine: engine ?? null },
    });
  };
  report();
  const timer = setInterval(report, EVERY_MS);
  return { stop: () => clearInterval(timer) };
}
