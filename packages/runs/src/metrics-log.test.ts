import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { madeUpMetrics } from "../fixtures/made-up-run.js";
import {
  evaluationsOf,
  openMetricsLog,
  parseMetrics,
  readMetrics,
  type StepRecord,
  stepsOf,
} from "./metrics-log.js";

let folder = "";
let path = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-metrics-"));
  path = join(folder, "metrics.jsonl");
});
afterEach(() => rm(folder, { recursive: true }));

const records = madeUpMetrics(30);
const text = `${records.map((record) => JSON.stringify(record)).join("\n")}\n`;
const step = (number: number, atMs: number): StepRecord => ({
  kind: "step",
  step: number,
  atMs,
  rewards: {},
});

describe("the metrics log", () => {
  it("gives back what was appended, in order, without waiting between calls", async () => {
    const log = await openMetricsLog(path);
    await Promise.all(records.map((record) => log.append(record)));
    await log.close();
    expect(await readMetrics(path)).toEqual({ records, unreadable: 0, torn: false });
  });

  it("is empty where there is no file", async () => {
    expect((await readMetrics(path)).records).toEqual([]);
  });

  it("loses at most the last record, wherever a write was cut off", () => {
    fc.assert(
      fc.property(fc.nat(text.length), (length) => {
        const { records: found, unreadable } = parseMetrics(text.slice(0, length));
        const whole = text.slice(0, length).split("\n").length - 1;
        expect(unreadable).toBe(0);
        expect(found.length).toBeGreaterThanOrEqual(whole);
        expect(found).toEqual(records.slice(0, found.length));
      }),
      { numRuns: 60 },
    );
  });

  it("goes on after a torn line without damaging what follows", async () => {
    await appendFile(path, `${JSON.stringify(records[0])}\n{"kind":"step","st`);
    const log = await openMetricsLog(path);
    await log.append(step(9, 1));
    await log.close();
    expect(await readMetrics(path)).toEqual({
      records: [records[0], step(9, 1)],
      unreadable: 1,
      torn: false,
    });
  });

  it("reads the learner's short forms: a mean beside the rewards, and evaluations as plain means", () => {
    const lines = [
      { kind: "step", step: 1, atMs: 1, rewardMean: 0.4, rewards: { sem: 0.5 } },
      { kind: "step", step: 2, atMs: 2, rewardMean: null, rewards: { sem: null } },
      { kind: "evaluation", step: 2, atMs: 3, measures: { total: 0.6 } },
    ];
    const { records: found } = parseMetrics(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    expect(stepsOf(found).map(({ rewards }) => rewards)).toEqual([{ total: 0.4, sem: 0.5 }, { sem: null }]);
    expect(evaluationsOf(found, "dev", 1)[0]?.measures.total?.mean).toBe(0.6);
  });

  it("counts lines that are no records", () => {
    expect(parseMetrics('null\n[]\n{"kind":"step"}\n{"kind":"other","step":1}\n').unreadable).toBe(4);
  });

  it("shows a step once after a restart made it again, and drops what was abandoned beyond it", () => {
    const lineage = [step(1, 1), step(2, 2), step(3, 3), step(4, 4), step(3, 5)];
    expect(stepsOf(lineage).map(({ atMs }) => atMs)).toEqual([1, 2, 5]);
  });

  it("finds evaluations by split and temperature", () => {
    expect(evaluationsOf(records, "dev", 1).map((record) => record.step)).toEqual([0, 25]);
    expect(evaluationsOf(records, "dev", 0)).toEqual([]);
  });
});
