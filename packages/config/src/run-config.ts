// The compiled configuration: what every process of a run reads. Frozen, complete, times in ms and sizes in bytes.
import { parseSizeBytes } from "./byte-size.js";
import { parseDurationMs } from "./duration.js";
import { deepFreeze } from "./layers.js";
import type { Settings } from "./schema/settings.js";

type Frozen<T> = T extends readonly (infer E)[]
  ? readonly Frozen<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T;

/** A complete configuration. Field by field the meanings are those of `configs/nano.yaml`. */
export type RunConfig = Frozen<
  Omit<Settings, "learner" | "bus"> & {
    learner: Omit<Settings["learner"], "maxTime"> & { maxTimeMs: number | null };
    bus: Omit<Settings["bus"], "lease" | "imageQuota"> & { leaseMs: number; imageQuotaBytes: number };
  }
>;

/** Compiles valid settings. Pure. */
export function compileSettings(settings: Settings): RunConfig {
  const { maxTime, ...learner } = settings.learner;
  const { lease, imageQuota, ...bus } = settings.bus;
  return deepFreeze({
    ...structuredClone(settings),
    learner: { ...learner, maxTimeMs: maxTime === null ? null : milliseconds(maxTime) },
    bus: { ...bus, leaseMs: milliseconds(lease), imageQuotaBytes: bytes(imageQuota) },
  });
}

// The schema has let only readable texts through.
const milliseconds = (text: string): number => parseDurationMs(text) ?? Number.NaN;
const bytes = (text: string): number => parseSizeBytes(text) ?? Number.NaN;
