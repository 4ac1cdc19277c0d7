// A result exists once, whoever publishes it and however often. The last test is the negative control: without the fence the very
// same check finds a duplicate.
import { type Bus, findTrajectory, publishFenced, publishTrajectory, streamNames } from "@easel/bus";
import { encodeMessage, subjects } from "@easel/protocol";
import { sampleTask, sampleTrajectory } from "@easel/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BusUnderTest, startBus } from "./bus-under-test.js";

let under: BusUnderTest;
let bus: Bus;
beforeAll(async () => {
  under = await startBus();
  bus = await under.connect();
});
afterAll(() => under.dispose());

/** How many of two publishes of one slice the stream ever accepted. */
async function acceptedOf(publishes: readonly (() => Promise<unknown>)[]): Promise<number> {
  const before = (await bus.jsm.streams.info(streamNames.results)).state.last_seq;
  for (const publish of publishes) await publish();
  return (await bus.jsm.streams.info(streamNames.results)).state.last_seq - before;
}

test("the first attempt is stored, the second is fenced and is given the first one's bytes", async () => {
  const run = await under.freshRun(bus);
  const task = sampleTask(run, 1);
  const [first, second] = [sampleTrajectory(task, 0, "attempt-a"), sampleTrajectory(task, 0, "attempt-b")];
  expect((await publishTrajectory(bus, first)).outcome).toBe("stored");
  const outcome = await publishTrajectory(bus, second);
  expect(outcome).toMatchObject({ outcome: "fenced", bytes: encodeMessage("trajectory", first) });
  expect((await findTrajectory(bus, run, task.group, 0))?.trajectory.attempt).toBe("attempt-a");
});

test("an attempt that finds its own message has succeeded", async () => {
  const run = await under.freshRun(bus);
  const trajectory = sampleTrajectory(sampleTask(run, 1), 0, "attempt-a");
  const stored = await publishTrajectory(bus, trajectory);
  // As after a lost answer: the sender does not know and publishes again.
  expect(await publishTrajectory(bus, trajectory)).toEqual({ outcome: "own", sequence: stored.sequence });
});

test("of many simultaneous attempts exactly one is stored", async () => {
  const run = await under.freshRun(bus);
  const task = sampleTask(run, 1);
  const outcomes = await Promise.all(
    Array.from({ length: 12 }, (_, i) => publishTrajectory(bus, sampleTrajectory(task, 0, `attempt-${i}`))),
  );
  expect(outcomes.filter(({ outcome }) => outcome === "stored")).toHaveLength(1);
  expect(outcomes.filter(({ outcome }) => outcome === "fenced")).toHaveLength(11);
});

test("a message over max_payload is refused with words on what to do", async () => {
  const run = await under.freshRun(bus);
  const publish = publishFenced(bus, {
    stream: streamNames.results,
    subject: subjects.trajectory(run, sampleTask(run, 1).group, 0),
    bytes: new Uint8Array(9_000_000),
    attempt: "a",
  });
  await expect(publish).rejects.toMatchObject({ code: "EASEL_BUS_MESSAGE_TOO_LARGE", retryable: false });
});

test("a stream at its quota refuses, and keeps what it has", async () => {
  const run = await under.freshRun(bus);
  const config = (await bus.jsm.streams.info(streamNames.results)).config;
  const task = sampleTask(run, 1);
  await publishTrajectory(bus, sampleTrajectory(task, 0, "a"));
  await bus.jsm.streams.update(streamNames.results, { ...config, max_bytes: 1_000 });
  try {
    const second = publishTrajectory(bus, sampleTrajectory(task, 1, "a"));
    await expect(second).rejects.toMatchObject({ code: "EASEL_BUS_STREAM_FULL", retryable: true });
    expect(await findTrajectory(bus, run, task.group, 0)).not.toBeNull();
  } finally {
    await bus.jsm.streams.update(streamNames.results, { ...config, max_bytes: -1 });
  }
});

test("with the fence the stream accepts one of two; without it, two", async () => {
  const run = await under.freshRun(bus);
  const fenced = sampleTask(run, 1);
  const withFence = await acceptedOf(
    ["a", "b"].map((attempt) => () => publishTrajectory(bus, sampleTrajectory(fenced, 0, attempt))),
  );
  expect(withFence).toBe(1);

  const config = (await bus.jsm.streams.info(streamNames.results)).config;
  await bus.jsm.streams.update(streamNames.results, {
    ...config,
    discard_new_per_subject: false,
    max_msgs_per_subject: 2,
  });
  try {
    const bare = sampleTask(run, 2);
    const withoutFence = await acceptedOf(
      ["a", "b"].map((attempt) => () => {
        const bytes = encodeMessage("trajectory", sampleTrajectory(bare, 0, attempt));
        return bus.js.publish(subjects.trajectory(run, bare.group, 0), bytes);
      }),
    );
    expect(withoutFence).toBe(2);
  } finally {
    await bus.jsm.streams.update(streamNames.results, config);
  }
});

test("a sender that forgets the fence is still refused by the stream's own settings", async () => {
  const run = await under.freshRun(bus);
  const task = sampleTask(run, 1);
  const bytes = encodeMessage("trajectory", sampleTrajectory(task, 0, "a"));
  const publish = () => bus.js.publish(subjects.trajectory(run, task.group, 0), bytes);
  await publish();
  await expect(publish()).rejects.toThrow(/per subject/);
});
