import { describe, expect, it } from "vitest";
import { madeUpEvaluation, madeUpSplit, madeUpSummary } from "../fixtures/made-up-run.js";
import { duration, reward, signed, withInterval } from "./figures.js";
import { endTable, fatesLine, splitTable } from "./tables.js";

describe("the before/after table", () => {
  const lines = splitTable(madeUpSplit("test")).split("\n");

  it("has before, after and change with intervals, and the ceiling in every row", () => {
    expect(lines.find((line) => line.startsWith("total "))?.split(/ {2,}/)).toEqual([
      "total",
      ".512 [.480, .544]",
      ".781 [.749, .813]",
      "+.269 [+.241, +.298]",
      ".955",
    ]);
    const names = ["total", "sem", "spa", "pi", "ri", "q", "strict"];
    for (const name of names)
      expect(lines.filter((line) => line.startsWith(`${name} `) && /\.\d+$/.test(line))).toHaveLength(2);
  });

  it("shows both temperatures and every skill", () => {
    expect(lines.filter((line) => /temperature/.test(line))).toHaveLength(2);
    for (const skill of ["colour", "shape", "texture", "spatial", "counting", "complex"]) {
      expect(lines.filter((line) => line.startsWith(`  ${skill} `))).toHaveLength(2);
    }
  });

  it("aligns its columns and fits a console, without control characters", () => {
    const rows = lines.filter((line) => /^(total|sem|spa|pi|ri|q|strict| {2}\w+) .*\.\d{3}$/.test(line));
    expect(new Set(rows.map((line) => line.length)).size).toBe(1);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(lines.join("")).not.toMatch(/\p{Cc}/u);
  });

  it("has one column where there is nothing to compare with", () => {
    const split = madeUpSplit("test");
    const alone = {
      temperature: 1,
      samplesPerPrompt: 4,
      before: madeUpEvaluation(0.5),
      after: null,
      difference: null,
    };
    const table = splitTable({ ...split, temperatures: [alone] });
    expect(table).toMatch(/total +\.500 \[\.468, \.532\] +\.955\n/);
    expect(table).not.toContain("change");
  });

  it("names the two models, their guidance and their seeds, and keeps seeds apart", () => {
    const split = madeUpSplit("dev");
    const [sampled] = split.temperatures;
    if (sampled === undefined) throw new Error("nothing at temperature 1");
    const seeds = [1, 2, 3].map((seed) => ({ ...sampled, seed, guidanceScale: 5 }));
    const table = splitTable({ ...split, temperatures: seeds }, { before: "A", after: "B" });
    expect(table).toContain("dev, temperature 1, guidance 5, seed 2: 240 prompts x 1");
    expect(table).toMatch(/^ +A +B +change +ceiling$/m);
    expect(table).toContain("nothing is pooled over seeds");
    expect(table.match(/^ {2}temperature 1, guidance 5, seed [123] +\.512 .*\+\.298]$/gm)).toHaveLength(3);
    expect(splitTable(split)).not.toContain("pooled");
  });

  it("has intervals of each skill's change where they are known", () => {
    const split = madeUpSplit("test");
    const [sampled] = split.temperatures;
    if (sampled?.difference == null) throw new Error("nothing compared");
    const { total } = sampled.difference;
    const each = { total, strict: total };
    const skillDifferences = {
      colour: each,
      shape: each,
      texture: each,
      spatial: each,
      counting: each,
      complex: null,
    };
    const lines = splitTable({ ...split, temperatures: [{ ...sampled, skillDifferences }] }).split("\n");
    const changes = (skill: string): number =>
      lines.filter((line) => line.startsWith(`  ${skill} `) && line.includes("+.269 [+.241, +.298]")).length;
    expect(changes("spatial")).toBe(2);
    expect(changes("complex")).toBe(0);
  });

  it("ends a run with the test prompts, or dev, or says that nothing was measured", () => {
    const summary = madeUpSummary("x");
    expect(endTable(summary)).toContain("test, temperature 1");
    expect(endTable({ ...summary, results: { dev: summary.results.dev, test: null } })).toContain(
      "dev, temperature 1",
    );
    expect(endTable({ ...summary, results: { dev: null, test: null } })).toContain("Nothing was evaluated");
  });
});

describe("figures", () => {
  it("read well", () => {
    expect([reward(0.5), reward(1), reward(-0.05), reward(Number.NaN), reward(null)]).toEqual([
      ".500",
      "1.000",
      "-.050",
      "–",
      "–",
    ]);
    expect([signed(0.1), signed(-0.1), signed(0)]).toEqual(["+.100", "-.100", "+.000"]);
    expect(withInterval({ mean: Number.NaN, low: 0, high: 0 })).toBe("–");
    expect([duration(9.6), duration(598), duration(3720)]).toEqual(["10 s", "9 min 58 s", "1 h 02 min"]);
  });

  it("account for every group", () => {
    expect(fatesLine("groups", madeUpSummary("x").groups)).toBe(
      "1,660 groups: 1,600 trained, 52 dropped (32 stale, 20 zero_advantage), 0 dead, 8 in flight",
    );
  });
});
