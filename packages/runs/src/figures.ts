// Numbers as tables and pages show them. Pure.
import type { Interval } from "@easel/training";

/** ".612", "1.000"; a dash for what is not known. */
export function reward(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  return value.toFixed(3).replace(/^(-?)0(?=\.)/, "$1");
}

/** "+.120", "-.031". */
export function signed(value: number | null | undefined): string {
  const text = reward(value);
  return text === "–" || text.startsWith("-") ? text : `+${text}`;
}

/** ".612 [.571, .652]" */
export function withInterval(value: Interval | null | undefined, show = reward): string {
  if (value === null || value === undefined || !Number.isFinite(value.mean)) return "–";
  return `${show(value.mean)} [${show(value.low)}, ${show(value.high)}]`;
}

/** "+.120 [+.093, +.148]": a paired difference. */
export function changeWithInterval(
  change: { readonly difference: number; readonly low: number; readonly high: number } | null | undefined,
): string {
  if (change === null || change === undefined) return "–";
  return withInterval({ mean: change.difference, low: change.low, high: change.high }, signed);
}

/** "48 s", "9 min 58 s", "1 h 02 min" */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 100) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** "12,345" */
export function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/** Sum of counts by reason. */
export function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
