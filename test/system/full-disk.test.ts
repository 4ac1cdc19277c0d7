// A disk fills up in mid-run: the run ends with one message that names the folder and the remedy, and once there is room it goes on to
// its end with every group accounted for.
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { audit, connectBus } from "@easel/bus";
import { eventually, type NatsServer, type SpawnedProcess, startNats } from "@easel/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runFolderOf } from "../processes/left-behind.js";
import { TrainUnderTest } from "../processes/train-under-test.js";
import { SmallDisk } from "./small-disk.js";

const LIMIT_MS = 240_000;
const MANY_STEPS = "learner.steps=400";

let train: TrainUnderTest;
let disk: SmallDisk;
let server: NatsServer | null = null;
beforeEach(async () => {
  train = await TrainUnderTest.make();
});
afterEach(async () => {
  await train.dispose();
  await server?.dispose();
  server = null;
  await disk.dispose();
});

/** Starts a run, fills the disk in the middle of it, and returns the run's folder when it has ended. */
async function fillInMidRun(sets: readonly string[]): Promise<{ run: string; ended: SpawnedProcess }> {
  const ended = await train.start({}, [MANY_STEPS, ...sets]);
  const run = await runFolderOf(ended);
  await eventually("step 5", async () => (await train.lastStep(run)) >= 5, 90_000);
  await disk.fill();
  const { code } = await ended.exited;
  expect(code, ended.output).toBe(1);
  expect(ended.output.match(/^error: /gm), ended.output).toHaveLength(1);
  expect(ended.output).not.toMatch(/^\s+at /m);
  return { run, ended };
}

/** Goes on for a few steps and returns what the run says of its groups. */
async function goOn(run: string): Promise<void> {
  const steps = (await train.lastStep(run)) + 4;
  const resumed = await train.start({ resume: run }, [`learner.steps=${steps}`]);
  expect((await resumed.exited).code, resumed.output).toBe(0);
  expect(await train.lastStep(run)).toBe(steps);
  const { notes, groups } = train.fates(resumed);
  expect({ notes, groups }).toMatchObject({
    notes: [],
    groups: { trained: 2 * steps, inFlight: 0, dead: {} },
  });
  const dropped = Object.values(groups.dropped).reduce((sum, count) => sum + count, 0);
  expect(groups.issued).toBe(groups.trained + dropped);
  await expectWholeLines(run);
}

/** No line that the full disk cut off has taken another one with it. */
async function expectWholeLines(run: string): Promise<void> {
  for (const file of ["journal.jsonl", "metrics.jsonl", join("archive", "index.jsonl")]) {
    const lines = (await readFile(join(run, file), "utf8")).trimEnd().split("\n");
    expect(() => lines.map((line) => JSON.parse(line)), file).not.toThrow();
  }
}

async function expectConserved(url: string, run: string): Promise<void> {
  const bus = await connectBus({ servers: url, name: "test" });
  try {
    const { violations, counts } = await audit(bus, { run: basename(run) });
    expect(violations).toEqual([]);
    expect(counts).toMatchObject({ lost: 0, inFlight: 0, dead: 0 });
  } finally {
    await bus.connection.close();
  }
}

test(
  "the disk of the run's folder: checkpoints, archive, metrics, pictures",
  async () => {
    disk = await SmallDisk.mount(48);
    server = await startNats();
    const { run, ended } = await fillInMidRun([`run.dir=${disk.folder}`, `bus.nats=${server.url}`]);
    expect(ended.output).toContain(`EASEL_PROCESS_DISK_FULL: The disk of ${run} is full`);
    expect(ended.output).toContain(`easel train --resume ${run}`);

    // With no room made, the next try says the same and harms nothing.
    const again = await train.start({ resume: run });
    expect((await again.exited).code, again.output).toBe(1);
    expect(again.output).toContain("EASEL_PROCESS_DISK_FULL");
    expect(again.output).not.toMatch(/^\s+at /m);

    await disk.makeRoom();
    await goOn(run);
    await expectConserved(server.url, run);
    expect((await readdir(join(run, "checkpoints"))).filter((name) => name.startsWith("."))).toEqual([]);
  },
  LIMIT_MS,
);

test(
  "the disk of the broker's store",
  async () => {
    disk = await SmallDisk.mount(48);
    server = await startNats({ storeDir: join(disk.folder, "store") });
    const { run, ended } = await fillInMidRun([`bus.nats=${server.url}`]);
    expect(ended.output).toMatch(/EASEL_BUS_STORE_FULL: .*store\/jetstream.*no space left on device/);
    expect(ended.output).toMatch(/restart nats-server/);

    await disk.makeRoom();
    await server.restart();
    await goOn(run);
    await expectConserved(server.url, run);
  },
  LIMIT_MS,
);

test(
  "one disk for both, as on a machine of one's own",
  async () => {
    disk = await SmallDisk.mount(400);
    const { run, ended } = await fillInMidRun([`run.dir=${disk.folder}`]);
    expect(ended.output).toMatch(/EASEL_(PROCESS_DISK|BUS_STORE)_FULL/);
    await disk.makeRoom();
    await goOn(run);
  },
  LIMIT_MS,
);
