// A picture is measured once for all rewards; a fault of the judge is tried again, a picture that is gone is missing by name.
import { type BlobStore, BusError } from "@easel/bus";
import type { Judge } from "@easel/rewards";
import { measured } from "@easel/rewards";
import { blankImage, encodePng, promptSet } from "@easel/shapeworld";
import { sampleTask, sampleTrajectory } from "@easel/testkit";
import { expect, test } from "vitest";
import { Measurements } from "./measurements.js";

const prompt = JSON.parse(JSON.stringify(promptSet("train", 1, 1)[0]));
const task = sampleTask("run", 1, { promptSpec: prompt });
const sample = sampleTrajectory(task, 0, "a").samples[0]!;

function judgeThat(score: () => void): Judge {
  return {
    name: "test",
    version: "1",
    rewards: ["pi", "sem"],
    versionOf: () => "1",
    score: async () => {
      score();
      return { pi: measured(0.5), sem: measured(1) };
    },
  };
}

function storeThat(get: () => Promise<Uint8Array>): BlobStore {
  return { get } as unknown as BlobStore;
}

const picture = encodePng(blankImage(64, 64));

test("two rewards at once share one measurement", async () => {
  let calls = 0;
  const measurements = new Measurements(
    judgeThat(() => {
      calls += 1;
    }),
    storeThat(async () => picture),
  );
  const both = await Promise.all([measurements.of(task, sample), measurements.of(task, sample)]);
  expect(both[0]).toEqual(both[1]);
  await measurements.of(task, sample);
  expect(calls).toBe(1);
});

test("a fault of the judge is not kept as an answer", async () => {
  let calls = 0;
  const failing = judgeThat(() => {
    calls += 1;
    if (calls === 1) throw new Error("no answer");
  });
  const measurements = new Measurements(
    failing,
    storeThat(async () => picture),
  );
  await expect(measurements.of(task, sample)).rejects.toThrow("no answer");
  expect((await measurements.of(task, sample)).pi).toMatchObject({ kind: "measured", value: 0.5 });
});

test("a picture that is gone makes every reward missing, and never 0", async () => {
  const gone = storeThat(async () => {
    throw new BusError("EASEL_BUS_BLOB_MISSING", "gone");
  });
  const judgement = await new Measurements(
    judgeThat(() => {}),
    gone,
  ).of(task, sample);
  expect(judgement).toEqual({
    pi: { kind: "missing", reason: "unreadable-image" },
    sem: { kind: "missing", reason: "unreadable-image" },
  });
});
