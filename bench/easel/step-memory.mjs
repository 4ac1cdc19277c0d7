// The largest resident memory since a moment, where Linux lets a process forget its peak; since the start elsewhere.
import { readFileSync, writeFileSync } from "node:fs";

/** Loading a model may have taken more than what is measured. */
export function forgetPeak() {
  if (process.platform === "linux") writeFileSync("/proc/self/clear_refs", "5");
}

/** Bytes. */
export function peakMemory() {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS * 1024;
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
  return Number(kilobytes) * 1024;
}
