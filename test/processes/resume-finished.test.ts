// A finished run that is resumed with more steps: what it showed as its results so far steps aside, and no list or removal takes it for
// finished while it goes on.
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { describeRun, isActive, type RunSummary, readSummary, runFolder } from "@easel/runs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TrainUnderTest } from "./train-under-test.js";

const LIMIT_MS = 180_000;

let train: TrainUnderTest;
beforeEach(async () => {
  train = await TrainUnderTest.make();
});
afterEach(() => train.dispose());

/** What measuring would have written; the simulated run ends without. */
async function writeResults(run: string, steps: number): Promise<void> {
  const summary = { format: 1, id: basename(run), steps, results: { dev: null, test: null }, engine: {} };
  await writeFile(
    join(run, "summary.json"),
    JSON.stringify(summary satisfies Partial<Record<keyof RunSummary, unknown>>),
  );
  await writeFile(join(run, "report.html"), "<p>");
}

test(
  "with more steps its old summary is kept under the name of its step; without, it stays; another setting is refused",
  async () => {
    const first = await train.start({}, ["learner.steps=2"]);
    expect((await first.exited).code, first.output).toBe(0);
    const resume = /^run \S+ in (\S+)$/m.exec(first.output)?.[1] ?? "";
    const folder = runFolder(dirname(resume), basename(resume));
    await writeResults(resume, 2);
    const began = (await stat(folder.config)).mtimeMs;

    const same = await train.start({ resume });
    expect((await same.exited).code, same.output).toBe(0);
    expect((await readSummary(folder))?.steps).toBe(2);

    const other = await train.start({ resume }, ["grpo.groupSize=8"]);
    expect((await other.exited).code, other.output).toBe(1);
    expect(other.output).toMatch(/^error: --set grpo\.groupSize=8 [\s\S]*\(EASEL_TRAIN_SETTING_FIXED\)/m);

    const more = await train.start({ resume }, ["learner.steps=400"]);
    await more.waitForOutput(/step 4: mean reward/, 60_000);
    expect(await readSummary(folder)).toBeNull();
    expect(isActive(await describeRun(folder), Date.now())).toBe(true);
    process.kill(more.pid, "SIGINT");
    expect((await more.exited).code, more.output).toBe(0);

    const names = await readdir(resume);
    expect(names).toContain("summary-step-2.json");
    expect(names).toContain("report-step-2.html");
    expect(names).not.toContain("summary.json");
    expect(JSON.parse(await readFile(join(resume, "summary-step-2.json"), "utf8")).steps).toBe(2);
    expect(JSON.parse(await readFile(folder.config, "utf8")).learner.steps).toBe(400);
    // It still began when it began.
    expect((await stat(folder.config)).mtimeMs).toBeCloseTo(began, -1);
    expect((await describeRun(folder)).steps).toBe(await train.lastStep(resume));
  },
  LIMIT_MS,
);
