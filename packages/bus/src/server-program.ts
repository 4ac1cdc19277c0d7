// The nats-server program: which versions do, and where it is found. Nothing is started here.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Oldest server that has what the fences and the dead letters rely on. */
export const MINIMUM_SERVER_VERSION = "2.12.0";

/** Orders `major.minor.patch` texts; anything after a dash is ignored. */
export function compareVersions(a: string, b: string): number {
  const parts = (text: string): number[] =>
    (text.split("-")[0] ?? "").split(".").map((part) => Number(part) || 0);
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < 3; i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The first nats-server that can be run in a PATH-like list of folders, or null. */
export function serverOnPath(list: string): string | null {
  for (const folder of list.split(delimiter)) {
    const candidate = join(folder, "nats-server");
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}
