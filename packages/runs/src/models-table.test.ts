import { expect, it } from "vitest";
import { madeUpEvaluation, madeUpSplit } from "../fixtures/made-up-run.js";
import { modelsTable } from "./models-table.js";

it("has every model in a column and every way of drawing in a row, and fits a console", () => {
  const last = madeUpSplit("test");
  const temperatures = last.temperatures.map((one) => ({ ...one, after: madeUpEvaluation(0.6) }));
  const best = { ...last, temperatures };
  const table = modelsTable([
    { names: { before: "start", after: "last" }, result: last },
    { names: { before: "start", after: "best on dev" }, result: best },
  ]);
  expect(table).toMatch(/^test, 240 prompts, side by side$/m);
  expect(table).toMatch(/^ +start +last +best on dev$/m);
  expect(table).toMatch(
    /^total, temperature 1 +\.512 \[\.480, \.544\] +\.781 \[\.749, \.813\] +\.600 \[\.568, \.632\]$/m,
  );
  expect(table.match(/^(total|strict), .*temperature [01]/gm)).toHaveLength(4);
  expect(Math.max(...table.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
});
