// Real worker processes, killed and paused by signal at chosen points: every slice exists once, and none is made twice for nothing.
import { fileURLToPath } from "node:url";
import { type Bus, openTrajectoryCursor, publishTask } from "@easel/bus";
import { type SpawnedProcess, sampleTask, spawnProcess } from "@easel/testkit";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { type BusUnderTest, startBus } from "./bus-under-test.js";

// Each starts two processes, which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

let under: BusUnderTest;
let bus: Bus;
const started: SpawnedProcess[] = [];
beforeAll(async () => {
  under = await startBus();
  bus = await under.connect();
});
afterEach(async () => {
  for (const worker of started.splice(0)) await worker.kill();
});
afterAll(() => under.dispose());

function startWorker(run: string, attempt: string, dawdleMs: number): SpawnedProcess {
  const script = fileURLToPath(new URL("slice-worker.mjs", import.meta.url));
  const args = [script, under.server.url, run, attempt, String(dawdleMs)];
  const worker = spawnProcess({ command: process.execPath, args });
  started.push(worker);
  return worker;
}

async function attemptsOfSlices(run: string): Promise<(string | undefined)[]> {
  const read = await (await openTrajectoryCursor(bus, run)).readAll();
  return read.sort((a, b) => a.subject.localeCompare(b.subject)).map(({ message }) => message?.attempt);
}

test("killed while generating: another worker makes the group", async () => {
  const run = await under.freshRun(bus);
  await publishTask(bus, sampleTask(run, 1));
  const first = startWorker(run, "first", 5_000);
  await first.waitForOutput(/leased/);
  await first.kill();
  await startWorker(run, "second", 10).waitForOutput(/done/);
  expect(await attemptsOfSlices(run)).toEqual(["second", "second"]);
});

test("killed between two slices: only the missing slice is made", async () => {
  const run = await under.freshRun(bus);
  await publishTask(bus, sampleTask(run, 1));
  const first = startWorker(run, "first", 1_500);
  await first.waitForOutput(/slice 0 stored/);
  await first.kill();
  const second = startWorker(run, "second", 10);
  await second.waitForOutput(/done/);
  expect(second.output).toMatch(/slice 0 there\nslice 1 stored/);
  expect(await attemptsOfSlices(run)).toEqual(["first", "second"]);
});

test("killed after its results, before its acknowledgement: nothing is made again", async () => {
  const run = await under.freshRun(bus);
  await publishTask(bus, sampleTask(run, 1));
  const first = startWorker(run, "first", 1_000);
  await first.waitForOutput(/slice 1 stored/);
  await first.kill();
  const second = startWorker(run, "second", 10);
  await second.waitForOutput(/done/);
  expect(second.output).toMatch(/slice 0 there\nslice 1 there/);
  expect(await attemptsOfSlices(run)).toEqual(["first", "first"]);
});

test("paused past its lease and resumed: its late results are fenced", async () => {
  const run = await under.freshRun(bus);
  await publishTask(bus, sampleTask(run, 1));
  // It has looked for results already when it is paused, so only the fence can stop it.
  const zombie = startWorker(run, "zombie", 1_500);
  await zombie.waitForOutput(/slice 0 stored/);
  zombie.pause();
  const second = startWorker(run, "second", 10);
  await second.waitForOutput(/done/);
  zombie.resume();
  await zombie.waitForOutput(/done/);
  expect(zombie.output).toMatch(/slice 1 (there|fenced)/);
  expect(await attemptsOfSlices(run)).toEqual(["zombie", "second"]);
});
