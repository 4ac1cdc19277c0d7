import { expect, it } from "vitest";
import { bestNote } from "./best-note.js";

const best = { file: "runs/x/best/e0001-s00000150/policy.safetensors", epoch: 1, step: 150, total: 0.8124 };

it("says which update was best on dev and how to measure it, where that was not the last one", () => {
  expect(bestNote(best, 205, "x")).toMatch(
    /update 150 .* 0\.812.*update 205.*easel eval --run x --split test/,
  );
});

it("says so where training made nothing better", () => {
  expect(bestNote({ ...best, step: 0 }, 205, "x")).toContain("the policy before the first update did best");
});

it("says nothing where the last was the best, or none was kept", () => {
  expect(bestNote(best, 150, "x")).toBeNull();
  expect(bestNote(null, 150, "x")).toBeNull();
});
