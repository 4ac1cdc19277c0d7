// Streams are made once; one that would break a guarantee is refused by name and left as it is.
import { type Bus, ensureTopology, streamNames } from "@easel/bus";
import { RetentionPolicy } from "@nats-io/jetstream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BusUnderTest, startBus } from "./bus-under-test.js";

let under: BusUnderTest;
let bus: Bus;
beforeAll(async () => {
  under = await startBus();
  bus = await under.connect();
});
afterAll(() => under.dispose());

test("an existing work-queue under the name RESULTS is refused with the settings that differ", async () => {
  await bus.jsm.streams.add({ name: "RESULTS", subjects: ["traj.>"], retention: RetentionPolicy.Workqueue });
  const ensuring = ensureTopology(bus, { run: "run", rewards: [] });
  await expect(ensuring).rejects.toMatchObject({
    code: "EASEL_BUS_STREAM_INCOMPATIBLE",
    message: expect.stringMatching(/RESULTS.*retention is workqueue, must be limits/),
  });
  await bus.jsm.streams.delete("RESULTS");
});

test("ensuring again changes nothing, and new rewards and waits are taken up", async () => {
  await ensureTopology(bus, { run: "run", rewards: ["pi"] });
  const before = await bus.jsm.streams.info(streamNames.results);
  await ensureTopology(bus, { run: "run", rewards: ["pi", "q"], ackWaitMs: 2_000 });
  expect((await bus.jsm.streams.info(streamNames.results)).created).toEqual(before.created);
  const consumers = await bus.jsm.consumers.list(streamNames.results).next();
  expect(consumers.map(({ name, config }) => [name, config.ack_wait]).sort()).toEqual([
    ["reward-run-pi", 2e9],
    ["reward-run-q", 2e9],
  ]);
});

test("a quota that an operator has set is respected", async () => {
  const { config } = await bus.jsm.streams.info(streamNames.scores);
  await bus.jsm.streams.update(streamNames.scores, { ...config, max_bytes: 123_456_789 });
  await ensureTopology(bus, { run: "run", rewards: ["pi"] });
  expect((await bus.jsm.streams.info(streamNames.scores)).config.max_bytes).toBe(123_456_789);
});
