// One learner leads. A second one waits or is refused; a silent one is succeeded under a higher epoch and learns so.
import { type Bus, becomeLeader } from "@easel/bus";
import { eventually } from "@easel/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BusUnderTest, startBus } from "./bus-under-test.js";

let under: BusUnderTest;
let bus: Bus;
beforeAll(async () => {
  under = await startBus();
  bus = await under.connect();
});
afterAll(() => under.dispose());

test("a second learner is refused by name while the first is alive", async () => {
  const run = await under.freshRun(bus);
  const first = await becomeLeader(bus, { run, holder: "learner-a", leaseMs: 400 });
  const second = becomeLeader(await under.connect(), {
    run,
    holder: "learner-b",
    leaseMs: 400,
    waitMs: 1_200,
  });
  await expect(second).rejects.toMatchObject({ code: "EASEL_BUS_LEADER_HELD", message: /learner-a/ });
  expect(first.signal.aborted).toBe(false);
  await first.resign();
});

test("after a resignation the next one leads at once, under the next epoch", async () => {
  const run = await under.freshRun(bus);
  const first = await becomeLeader(bus, { run, holder: "a" });
  await first.resign();
  // Whoever would have to wait for a lease to run out is refused.
  const second = await becomeLeader(bus, { run, holder: "b", waitMs: 0 });
  expect(second.epoch).toBe(first.epoch + 1);
  await second.resign();
});

test("a leader that falls silent is succeeded, and stops when it comes back", async () => {
  const run = await under.freshRun(bus);
  const zombieBus = await under.connect();
  let silent = false;
  const clock = zombieBus.clock;
  // Its timers hang while it is silent, as under SIGSTOP.
  const hanging = {
    ...clock,
    sleep: async (ms: number, signal?: AbortSignal) => {
      await clock.sleep(ms, signal);
      while (silent) await clock.sleep(20);
    },
  };
  const zombie = await becomeLeader({ ...zombieBus, clock: hanging }, { run, holder: "a", leaseMs: 300 });
  silent = true;
  const heir = await becomeLeader(bus, { run, holder: "b", leaseMs: 300, waitMs: 3_000 });
  expect(heir.epoch).toBe(zombie.epoch + 1);
  silent = false;
  await eventually("the old leader notices", () => zombie.signal.aborted);
  expect(zombie.signal.reason).toMatchObject({ code: "EASEL_BUS_LEADER_LOST", retryable: false });
  expect(heir.signal.aborted).toBe(false);
  await heir.resign();
});

test("an epoch never falls below what a checkpoint knows", async () => {
  const run = await under.freshRun(bus);
  const leader = await becomeLeader(bus, { run, holder: "a", atLeastEpoch: 7 });
  expect(leader.epoch).toBe(7);
  await leader.resign();
});
