// Durations and sizes are read with their units, and near misses are refused instead of guessed.
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseSizeBytes } from "./byte-size.js";
import { parseDurationMs } from "./duration.js";
import { editDistance, nearestName } from "./nearest-name.js";

test.each([
  ["10 min", 600_000],
  ["1h30m", 5_400_000],
  ["500ms", 500],
  ["1.5s", 1_500],
  ["2 d", 172_800_000],
])("%s is a duration", (text, ms) => expect(parseDurationMs(text)).toBe(ms));

test.each(["10", "", "ten minutes", "-5s", "5 parsecs", "5s x", "1e3s"])("%j is no duration", (text) => {
  expect(parseDurationMs(text)).toBeNull();
});

test("binary and decimal sizes differ; a bare number is refused", () => {
  expect(parseSizeBytes("64 MiB")).toBe(67_108_864);
  expect(parseSizeBytes("64MB")).toBe(64_000_000);
  expect(parseSizeBytes("64")).toBeNull();
  expect(parseSizeBytes("64 mb")).toBeNull();
});

test("every whole number of milliseconds is read back", () => {
  fc.assert(fc.property(fc.nat(), (ms) => parseDurationMs(`${ms}ms`) === ms));
});

test("edit distance is a distance", () => {
  const word = fc.string({ maxLength: 8 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(editDistance(a, a)).toBe(0);
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
});

test("a slip, another spelling and a swap find the name; something else finds none", () => {
  const known = ["groupSize", "batchGroups", "maxStaleness"];
  expect(nearestName("groupsize", known)).toBe("groupSize");
  expect(nearestName("group_size", known)).toBe("groupSize");
  expect(nearestName("gruopSize", known)).toBe("groupSize");
  expect(nearestName("temperature", known)).toBeNull();
});
