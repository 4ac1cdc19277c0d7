// Sizes as people write them ("64 MiB", "1.5GB") to bytes. A bare number is refused: its unit is a guess.

const BYTES_OF: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};
const SIZE = /^\s*(\d+(?:\.\d+)?)\s*(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)\s*$/;

/** Bytes, rounded to a whole number; null when the text is not a size. */
export function parseSizeBytes(text: string): number | null {
  const found = SIZE.exec(text);
  if (found === null) return null;
  return Math.round(Number(found[1]) * (BYTES_OF[found[2] ?? ""] ?? Number.NaN));
}
