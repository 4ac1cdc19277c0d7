// Announced weights only move forward, whoever announces; a worker that joins late sees the newest.
import {
  announceWeights,
  type Bus,
  checkpointPointer,
  followWeights,
  movePointer,
  weightsHead,
} from "@easel/bus";
import { type CheckpointPointer, sha256Hex, type WeightsManifest } from "@easel/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BusUnderTest, startBus } from "./bus-under-test.js";

let under: BusUnderTest;
let bus: Bus;
beforeAll(async () => {
  under = await startBus();
  bus = await under.connect();
});
afterAll(() => under.dispose());

function manifest(run: string, epoch: number, step: number, content = "w"): WeightsManifest {
  const digest = sha256Hex(`${content} ${epoch} ${step}`);
  return {
    run,
    epoch,
    step,
    digest,
    base: null,
    kind: "full",
    blobs: [{ name: "weights", digest, sizeBytes: 1 }],
  };
}

test("the head moves forward in epoch and step, and never back", async () => {
  const run = await under.freshRun(bus);
  expect(await weightsHead(bus, run)).toBeNull();
  expect(await announceWeights(bus, manifest(run, 1, 1))).toBe("announced");
  expect(await announceWeights(bus, manifest(run, 1, 2))).toBe("announced");
  expect(await announceWeights(bus, manifest(run, 1, 2))).toBe("already_head");
  const conflict = { code: "EASEL_BUS_WEIGHTS_CONFLICT" };
  await expect(announceWeights(bus, manifest(run, 1, 1))).rejects.toMatchObject(conflict);
  await expect(announceWeights(bus, manifest(run, 1, 2, "other"))).rejects.toMatchObject(conflict);
  // A new lineage goes on from an earlier step.
  expect(await announceWeights(bus, manifest(run, 2, 1))).toBe("announced");
  await expect(announceWeights(bus, manifest(run, 1, 9))).rejects.toMatchObject(conflict);
  expect(await weightsHead(bus, run)).toEqual(manifest(run, 2, 1));
});

test("of announcements at the same time the newest stays", async () => {
  const run = await under.freshRun(bus);
  await Promise.allSettled([3, 1, 5, 2, 4].map((step) => announceWeights(bus, manifest(run, 1, step))));
  expect((await weightsHead(bus, run))?.step).toBe(5);
});

test("a follower gets the present head at once and each later one as it comes", async () => {
  const run = await under.freshRun(bus);
  await announceWeights(bus, manifest(run, 1, 1));
  const stop = new AbortController();
  const seen: number[] = [];
  // Polls are further apart than the test may last: changes are what it goes by.
  for await (const head of followWeights(bus, run, { signal: stop.signal, pollMs: 300_000 })) {
    seen.push(head.step);
    if (head.step < 3) await announceWeights(bus, manifest(run, 1, head.step + 1));
    else stop.abort();
  }
  expect(seen).toEqual([1, 2, 3]);
});

test("the checkpoint pointer moves only from where its learner left it", async () => {
  const run = await under.freshRun(bus);
  const pointer = (step: number): CheckpointPointer => ({
    run,
    epoch: 1,
    step,
    digest: sha256Hex(`checkpoint ${step}`),
    name: `step-${step}`,
  });
  await movePointer(bus, pointer(1), null);
  await movePointer(bus, pointer(2), pointer(1));
  // The answer to a move may be lost; moving there again is no conflict.
  await movePointer(bus, pointer(2), pointer(1));
  await expect(movePointer(bus, pointer(3), pointer(1))).rejects.toMatchObject({
    code: "EASEL_BUS_CHECKPOINT_CONFLICT",
  });
  expect(await checkpointPointer(bus, run)).toEqual(pointer(2));
});
