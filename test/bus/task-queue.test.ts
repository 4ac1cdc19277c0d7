// Tasks go to one worker at a time, come back when it goes silent, and a worker that returns from the dead can do no harm.
import { type Bus, openTaskQueue, publishTask, publishTrajectory } from "@easel/bus";
import { eventually, sampleTask, sampleTrajectory } from "@easel/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BusUnderTest, startBus } from "./bus-under-test.js";

let under: BusUnderTest;
let bus: Bus;
beforeAll(async () => {
  under = await startBus();
  bus = await under.connect();
});
afterAll(() => under.dispose());

test("a task is in the queue once, however often it is published", async () => {
  const run = await under.freshRun(bus);
  const task = sampleTask(run, 1);
  expect(await publishTask(bus, task)).toBe("published");
  expect(await publishTask(bus, task)).toBe("already_there");
  const leased = await openTaskQueue(bus, { run }).pull(10, 0);
  expect(leased.map(({ message }) => message)).toEqual([task]);
  expect(await leased[0]?.ack()).toBe(true);
  // Gone for good: only now may it be published again, which a learner does for an issue that is found nowhere.
  expect(await publishTask(bus, task)).toBe("published");
});

test("a pull takes what is waiting at once, else waits for the first", async () => {
  const run = await under.freshRun(bus);
  const queue = openTaskQueue(bus, { run });
  expect(await queue.pull(4, 0)).toEqual([]);
  for (const issue of [1, 2, 3]) await publishTask(bus, sampleTask(run, issue));
  const ready = await queue.pull(2, 5_000);
  expect(ready.map(({ message }) => message.issue)).toEqual([1, 2]);
  await Promise.all([...ready, ...(await queue.pull(2, 0))].map((task) => task.ack()));

  // Longer than the test may take: it returns with the first, not at its end.
  const waiting = queue.pull(4, 300_000);
  await publishTask(bus, sampleTask(run, 4));
  const late = await waiting;
  expect(late.map(({ message }) => message.issue)).toEqual([4]);
  await late[0]?.ack();
});

test("a task whose worker is gone is delivered again after the acknowledgement wait", async () => {
  const run = await under.freshRun(bus);
  await publishTask(bus, sampleTask(run, 1));
  const gone = await under.connect();
  const [lost] = await openTaskQueue(gone, { run }).pull(1, 1_000);
  expect(lost?.deliveries).toBe(1);
  await gone.connection.close();
  const queue = openTaskQueue(bus, { run });
  // The server's own wait, when nobody sets one, is 30 s.
  const again = await eventually("the task comes back", async () => (await queue.pull(1, 500))[0], 10_000);
  expect(again).toMatchObject({ deliveries: 2, message: { issue: 1 } });
  await again.ack();
});

test("a lease is renewed for as long as the work is within its deadline", async () => {
  const run = await under.freshRun(bus);
  await publishTask(bus, sampleTask(run, 1));
  const queue = openTaskQueue(bus, { run });
  const [task] = await queue.pull(1, 1_000);
  task?.inFlightFor(10_000);
  // Three acknowledgement waits; nobody else may get it meanwhile.
  expect(await queue.pull(1, 3_000)).toEqual([]);
  expect(task?.signal.aborted).toBe(false);
  await task?.ack();
});

test("past its deadline a lease is given up, the work is aborted, and the task goes to another worker", async () => {
  const run = await under.freshRun(bus);
  await publishTask(bus, sampleTask(run, 1));
  const queue = openTaskQueue(bus, { run });
  const [stuck] = await queue.pull(1, 1_000);
  stuck?.inFlightFor(100);
  const again = await eventually("another gets the task", async () => (await queue.pull(1, 500))[0], 6_000);
  expect(again.deliveries).toBe(2);
  expect(stuck?.signal.reason).toMatchObject({ code: "EASEL_BUS_LEASE_DEADLINE" });
  await again.ack();
});

test("a worker paused past its lease that publishes late is fenced, and its lease is aborted", async () => {
  const run = await under.freshRun(bus);
  const task = sampleTask(run, 1);
  await publishTask(bus, task);
  const zombieBus = await under.connect();
  const [zombie] = await openTaskQueue(zombieBus, { run, firstDeadlineMs: 60_000 }).pull(1, 1_000);
  expect(zombie).toBeDefined();
  // Nothing of this process's timers runs meanwhile, as under SIGSTOP; the other worker's part is done afterwards.
  const until = performance.now() + 2_500;
  while (performance.now() < until);
  const queue = openTaskQueue(bus, { run });
  const again = await eventually(
    "another worker gets the task",
    async () => (await queue.pull(1, 500))[0],
    5_000,
  );
  expect((await publishTrajectory(bus, sampleTrajectory(task, 0, "second-worker"))).outcome).toBe("stored");
  await again.ack();

  const late = await publishTrajectory(zombieBus, sampleTrajectory(task, 0, "zombie"));
  expect(late.outcome).toBe("fenced");
  expect(zombie?.signal.reason).toMatchObject({ code: "EASEL_BUS_LEASE_LOST", retryable: true });
  expect(under.notices.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["lease_heartbeat_late", "lease_lost", "fenced"]),
  );
  // Its acknowledgement of a finished task changes nothing.
  await zombie?.ack();
  expect(await queue.pull(1, 1_500)).toEqual([]);
});

test("a worker of a run that nobody has set up is told so at once", async () => {
  const pulling = openTaskQueue(bus, { run: "no-such-run" }).pull(1, 1_000);
  await expect(pulling).rejects.toMatchObject({ code: "EASEL_BUS_CONSUMER_MISSING", message: /learner/ });
});
