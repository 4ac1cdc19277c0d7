// Publishes every two seconds what this process does and waits for. Status and the live line read it; nothing depends on it.
import { publishEvent } from "@easel/bus";
import type { LearnerOptions } from "./learner-context.js";

type Waiting = { readonly name: string; readonly sinceMs: number; readonly deadlineMs: number } | null;

const EVERY_MS = 2_000;

/** Starts reporting; `stop` ends it. */
export function reportState(
  { bus, settings, engine }: Pick<LearnerOptions, "bus" | "settings" | "engine">,
  state: string | (() => string),
  wait: () => Waiting = () => null,
): { stop(): void } {
  const report = (): void => {
    const now = bus.clock.nowMs();
    const waits = [wait()].flatMap((one) =>
      one === null
        ? []
        : [
            {
              name: one.name,
              waitedMs: Math.round(now - one.sinceMs),
              leftMs: Math.round(one.deadlineMs - now),
            },
          ],
    );
    publishEvent(bus, {
      run: settings.run,
      kind: "state",
      source: "learner",
      name: "state",
      atMs: bus.clock.wallMs(),
      data: {
        state: typeof state === "string" ? state : state(),
        pid: process.pid,
        waits,
        engine: engine ?? null,
      },
    });
  };
  report();
  const timer = setInterval(report, EVERY_MS);
  return { stop: () => clearInterval(timer) };
}
