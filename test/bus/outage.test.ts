// The server dies, pauses and comes back on the same store: what was acknowledged is there, and connections heal by themselves.
import {
  type Bus,
  connectBus,
  ensureTopology,
  openTaskQueue,
  openTrajectoryCursor,
  publishTask,
  publishTrajectory,
} from "@easel/bus";
import {
  eventually,
  freePort,
  type NatsServer,
  sampleTask,
  sampleTrajectory,
  startNats,
} from "@easel/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";

let server: NatsServer;
let bus: Bus;
beforeEach(async () => {
  server = await startNats();
  bus = await connectBus({ servers: server.url, name: "test" });
  await ensureTopology(bus, { run: "run", rewards: ["pi"], ackWaitMs: 1_000 });
});
afterEach(async () => {
  await bus.connection.close();
  await server.dispose();
});

test("everything that was acknowledged survives kill -9 of the server", async () => {
  const tasks = [1, 2, 3, 4, 5, 6].map((issue) => sampleTask("run", issue));
  for (const task of tasks) {
    await publishTask(bus, task);
    await publishTrajectory(bus, sampleTrajectory(task, 0, "a"));
  }
  await server.kill();
  await server.restart();
  const results = await eventually("the bus is back", async () => {
    try {
      return await (await openTrajectoryCursor(bus, "run")).readAll();
    } catch {
      return null;
    }
  });
  expect(results.map(({ message }) => message?.group)).toEqual(tasks.map(({ group }) => group));
  const leased = await openTaskQueue(bus, { run: "run" }).pull(10, 2_000);
  expect(leased.map(({ message }) => message.issue)).toEqual([1, 2, 3, 4, 5, 6]);
  for (const task of leased) await task.ack();
  // The fence survived with the data.
  expect((await publishTrajectory(bus, sampleTrajectory(tasks[0]!, 0, "b"))).outcome).toBe("fenced");
});

test("a publish that meets a dead server succeeds once it is back, exactly once", async () => {
  const trajectory = sampleTrajectory(sampleTask("run", 1), 0, "a");
  await server.kill();
  const publishing = publishTrajectory(bus, trajectory);
  await server.restart();
  expect(["stored", "own"]).toContain((await publishing).outcome);
  expect(await (await openTrajectoryCursor(bus, "run")).readAll()).toHaveLength(1);
});

test("a publish into a paused server is settled after it resumes, exactly once", async () => {
  const trajectory = sampleTrajectory(sampleTask("run", 1), 0, "a");
  await server.pause();
  const publishing = publishTrajectory(bus, trajectory);
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  await server.resume();
  expect(["stored", "own"]).toContain((await publishing).outcome);
  expect(await (await openTrajectoryCursor(bus, "run")).readAll()).toHaveLength(1);
});

test("a waiting worker gets its next task soon after a paused server resumes", async () => {
  const queue = openTaskQueue(bus, { run: "run" });
  await queue.pull(1, 0);
  await server.pause();
  const got = eventually(
    "the task arrives",
    async () => {
      try {
        return (await queue.pull(1, 1_000))[0];
      } catch {
        return null;
      }
    },
    30_000,
  );
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  const resumedAt = performance.now();
  await server.resume();
  await publishTask(bus, sampleTask("run", 1));
  await (await got).ack();
  expect(performance.now() - resumedAt).toBeLessThan(3_000);
});

test("no server at all is an error with an address and a deadline", async () => {
  const nowhere = `nats://127.0.0.1:${await freePort()}`;
  const connecting = connectBus({ servers: nowhere, name: "test", connectTimeoutMs: 800 });
  await expect(connecting).rejects.toMatchObject({
    code: "EASEL_BUS_CONNECT",
    retryable: true,
    message: expect.stringContaining(nowhere),
  });
});
