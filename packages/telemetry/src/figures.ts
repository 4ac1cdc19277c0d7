// Numbers as people read them on a console. Pure.

/** 950 -> "950", 22100 -> "22.1k", 3.2e6 -> "3.2M"; "–" for what is not known. */
export function formatCount(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return "–";
  if (value < 1000) return value < 10 ? value.toFixed(1).replace(/\.0$/, "") : String(Math.round(value));
  if (value < 999_500) return `${(value / 1e3).toFixed(1)}k`;
  return `${(value / 1e6).toFixed(1)}M`;
}

/** Milliseconds as "7:42" or "1:07:42"; "–" for what is not known. */
export function formatClock(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return "–";
  const seconds = Math.max(0, Math.round(ms / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.floor(seconds / 60) % 60;
  const hours = Math.floor(seconds / 3600);
  return hours === 0 ? `${minutes}:${two(seconds % 60)}` : `${hours}:${two(minutes)}:${two(seconds % 60)}`;
}

/** A reward as ".612", 1 as "1.000"; "–" for what is not known. */
export function formatReward(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return "–";
  return value.toFixed(3).replace(/^0(?=\.)/, "");
}

/** Milliseconds as "340 ms", "12 s", "4 min", "3 h". */
export function formatAge(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return `${Math.round(ms / 3_600_000)} h`;
}
