// A checkpoint is whole or not there; a damaged one is found out and passed over; what another lineage wrote is not taken.
import { mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256Hex } from "@easel/protocol";
import { silentLogger } from "@easel/telemetry";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  checkpointName,
  listCheckpoints,
  readCheckpoint,
  removeOldCheckpoints,
  writeCheckpoint,
} from "./checkpoint.js";
import { chooseCheckpoint } from "./checkpoint-choice.js";
import { type LearnerState, STATE_FORMAT } from "./learner-state.js";
import { type Lineage, lineageOf } from "./lineage.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-checkpoint-"));
});
afterEach(() => rm(folder, { recursive: true }));

const cursor = { stream: "RESULTS", createdAt: "then", sequence: 3 };

function stateAt(epoch: number, step: number): LearnerState {
  return {
    format: STATE_FORMAT,
    run: "run",
    epoch,
    step,
    policyDigest: sha256Hex(`${epoch}/${step}`),
    elapsedMs: 10,
    versions: [[sha256Hex("w"), step]],
    nextIssue: 9,
    outstanding: [],
    cursors: { results: cursor, scores: cursor },
    settledAbove: [],
  };
}

async function write(epoch: number, step: number): Promise<void> {
  await writeCheckpoint(join(folder, "checkpoints"), stateAt(epoch, step), async (path) => {
    await writeFile(join(path, "weights.bin"), `weights ${step}`);
    return { "weights.bin": sha256Hex(`weights ${step}`) };
  });
}

const lineageTo = (lastStep: number, live: readonly [number, number][]): Lineage => ({
  epoch: live.at(-1)?.[0] ?? null,
  live: new Map(live.map(([epoch, last]) => [epoch, { lastStep: last, beforeSequence: 1_000 }])),
  root: { epoch: live[0]?.[0] ?? 1, step: 0 },
  manifests: new Map(),
  lastStep,
});

test("what was written is read back", async () => {
  await write(1, 4);
  const { state, pointer } = await readCheckpoint(join(folder, "checkpoints"), checkpointName(1, 4));
  expect(state).toEqual(stateAt(1, 4));
  expect(pointer).toMatchObject({ run: "run", epoch: 1, step: 4, name: "e0001-s00000004" });
});

test("a crash before the rename leaves no checkpoint", async () => {
  const crashing = writeCheckpoint(
    join(folder, "checkpoints"),
    stateAt(1, 1),
    async () => ({}),
    async () => {
      throw new Error("crash");
    },
  );
  await expect(crashing).rejects.toThrow("crash");
  expect(await listCheckpoints(join(folder, "checkpoints"))).toEqual([]);
  await removeOldCheckpoints(join(folder, "checkpoints"), 2);
  expect(await readdir(join(folder, "checkpoints"))).toEqual([]);
});

test.each(["weights.bin", "state.json", "checkpoint.json"])(
  "a damaged %s is passed over for the one before",
  async (file) => {
    await write(1, 2);
    await write(1, 4);
    await truncate(join(folder, "checkpoints", checkpointName(1, 4), file), 3);
    const chosen = await chooseCheckpoint(folder, "run", lineageTo(4, [[1, 4]]), silentLogger);
    expect(chosen?.state.step).toBe(2);
  },
);

test("a checkpoint of an abandoned step or of a stranger's epoch is not taken", async () => {
  await write(1, 2);
  await write(1, 6);
  await write(3, 5);
  const lineage = lineageTo(5, [
    [1, 4],
    [2, 9],
  ]);
  expect((await chooseCheckpoint(folder, "run", lineage, silentLogger))?.state).toMatchObject({
    epoch: 1,
    step: 2,
  });
});

test("a learner whose half-written checkpoint its successor swept away ends by name, wherever in the writing it was", async () => {
  const checkpoints = join(folder, "checkpoints");
  const sweep = async () => {
    await removeOldCheckpoints(checkpoints, 3);
  };
  const named = expect.objectContaining({ code: "EASEL_LEARNER_SUCCEEDED", retryable: true });
  const inMidWrite = writeCheckpoint(checkpoints, stateAt(1, 3), async () => {
    await sweep();
    return {};
  });
  await expect(inMidWrite).rejects.toEqual(named);
  const beforeRename = writeCheckpoint(checkpoints, stateAt(1, 3), async () => ({}), sweep);
  await expect(beforeRename).rejects.toEqual(named);
  // Another fault keeps its own name.
  const full = Object.assign(new Error("no space left"), { code: "ENOSPC" });
  await expect(writeCheckpoint(checkpoints, stateAt(1, 3), () => Promise.reject(full))).rejects.toBe(full);
});

test("a ledger that began anew follows on the checkpoint it began from, and on no other that is older than it", async () => {
  await write(1, 4);
  await write(1, 6);
  await write(1, 8);
  const begun = { ...lineageTo(6, [[2, 9]]), root: { epoch: 2, step: 6 } };
  expect((await chooseCheckpoint(folder, "run", begun, silentLogger))?.state.step).toBe(6);
});

test("a ledger with steps and no usable checkpoint is refused by name, and so is another run's folder", async () => {
  const missing = chooseCheckpoint(folder, "run", lineageTo(3, [[1, 9]]), silentLogger);
  await expect(missing).rejects.toMatchObject({ code: "EASEL_LEARNER_NO_CHECKPOINT" });
  await write(1, 2);
  const other = chooseCheckpoint(folder, "other", lineageTo(3, [[1, 9]]), silentLogger);
  await expect(other).rejects.toMatchObject({ code: "EASEL_LEARNER_ANOTHER_RUN" });
});

test("only records of the living lineage count", () => {
  const manifest = (epoch: number, step: number) => ({
    kind: "manifest" as const,
    run: "run",
    epoch,
    step,
    policyDigest: sha256Hex("p"),
    groups: [],
    atMs: 0,
  });
  const begin = (epoch: number, parentEpoch: number | null, fromStep: number) => ({
    kind: "epoch" as const,
    run: "run",
    epoch,
    parentEpoch,
    fromStep,
    holder: "h",
    atMs: 0,
  });
  const records = [
    begin(1, null, 0),
    manifest(1, 1),
    manifest(1, 2),
    manifest(1, 3),
    begin(2, 1, 2),
    manifest(1, 4),
    manifest(2, 3),
  ];
  const lineage = lineageOf(records.map((record, i) => ({ sequence: i + 1, record })));
  expect([...lineage.manifests].map(([step, { epoch }]) => [step, epoch])).toEqual([
    [1, 1],
    [2, 1],
    [3, 2],
  ]);
  expect(lineage.lastStep).toBe(3);
});
