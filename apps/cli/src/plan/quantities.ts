// Bytes, counts and times as a person reads them. Pure.

/** Such as `7.1 GB`, `84 MB`, `15 kB`; decimal units. */
export function bytesText(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  if (bytes >= 1e6) return `${Math.round(bytes / 1e6)} MB`;
  return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
}

/** Such as `1.65 billion`, `75.0 million`, `512`. */
export function countText(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(2)} billion`;
  if (count >= 1e5) return `${(count / 1e6).toFixed(count >= 1e7 ? 0 : 2)} million`;
  return String(count);
}

/** Such as `1.2 s`, `45 min`, `16 days`. */
export function timeText(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 100) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`;
  const hours = seconds / 3600;
  return hours < 72 ? `${Math.round(hours)} hours` : `${Math.round(hours / 24)} days`;
}
