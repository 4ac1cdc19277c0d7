// The pure decisions of `easel train`: who is started again, how cores are shared, what the live line says, who has a run's folder.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EventRecord } from "@easel/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { afterEvent, initialLive } from "./live-status.js";
import { exitKind, restartDelay } from "./restart-policy.js";
import { lockRunFolder } from "./run-folder.js";
import { threadBudget } from "./thread-budget.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-folder-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("a refusal is not tried again; a crash is, with growing pauses and an end", () => {
  expect([0, 1, 70, 75, null].map(exitKind)).toEqual(["done", "refused", "again", "again", "again"]);
  const limits = { most: 3, windowMs: 1_000, firstDelayMs: 100, longestDelayMs: 300 };
  expect(restartDelay([0], limits)).toBe(100);
  expect(restartDelay([0, 10], limits)).toBe(200);
  expect(restartDelay([0, 10, 20], limits)).toBe(300);
  expect(restartDelay([0, 10, 20, 30], limits)).toBeNull();
  // Crashes long ago do not count.
  expect(restartDelay([0, 10, 20, 5_000], limits)).toBe(100);
});

test("threads: every process gets at least one, and a setting is obeyed", () => {
  expect(threadBudget(2, { learner: "auto", rollout: "auto", workers: 1 })).toEqual({
    learner: 2,
    rollout: 2,
  });
  expect(threadBudget(2, { learner: "auto", rollout: "auto", workers: 4 })).toEqual({
    learner: 2,
    rollout: 1,
  });
  expect(threadBudget(8, { learner: 3, rollout: 5, workers: 2 })).toEqual({ learner: 3, rollout: 5 });
});

test("the live line follows steps, evaluations, waits and alarms", () => {
  const limits = { steps: 10, maxTimeMs: 60_000 };
  const event = (kind: EventRecord["kind"], name: string, data: EventRecord["data"]): EventRecord => ({
    run: "run",
    kind,
    source: "learner",
    name,
    atMs: 0,
    data,
  });
  let { live } = afterEvent(
    initialLive(limits),
    event("metric", "step", { step: 2, rewardMean: 0.5, elapsedMs: 10_000 }),
    limits,
  );
  // Two steps took 10 s: eight more take 40 s, less than the 50 s that are left.
  expect(live).toMatchObject({ step: 2, steps: 10, batchReward: 0.5, timeLeftMs: 40_000 });
  const evaluated = afterEvent(live, event("metric", "evaluation", { step: 2, total: 0.25 }), limits);
  expect(evaluated.note).toContain("0.250");
  const before = event("metric", "evaluation", { step: 0, total: 0.25, seconds: 8.94 });
  expect(afterEvent(live, before, limits).note).toContain("8.9 s before training");
  expect(afterEvent(live, event("metric", "compiled", { seconds: 2.04 }), limits).note).toContain(
    "compiled in 2.0 s",
  );
  const waits = [{ name: "8 scored groups", waitedMs: 20_000, leftMs: 1 }];
  ({ live } = afterEvent(
    evaluated.live,
    event("state", "state", { waits, engine: "libtensorflow 2" }),
    limits,
  ));
  expect(live).toMatchObject({ devReward: 0.25, waiting: "8 scored groups", engine: "libtensorflow 2" });
  expect(afterEvent(live, event("alarm", "lineage.diverged", {}), limits).note).toContain("lineage.diverged");
});

test("one process at a time works in a run's folder; the lock of a dead one is taken over", async () => {
  const release = await lockRunFolder(folder);
  await expect(lockRunFolder(folder)).rejects.toMatchObject({ code: "EASEL_TRAIN_RUN_BUSY" });
  await release();
  await writeFile(join(folder, "train.pid"), "2147483646");
  const again = await lockRunFolder(folder);
  expect(await readFile(join(folder, "train.pid"), "utf8")).toBe(String(process.pid));
  await again();
});
