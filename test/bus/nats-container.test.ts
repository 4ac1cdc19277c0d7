// The server from a container instead of a process: acknowledged data survives kill -9. Runs where a container engine answers and
// EASEL_NATS_IMAGE names an image whose entry point is nats-server; elsewhere it is skipped.
import { connectBus, ensureTopology, openTrajectoryCursor, publishTrajectory } from "@easel/bus";
import {
  eventually,
  hasContainerEngine,
  sampleTask,
  sampleTrajectory,
  startNatsContainer,
} from "@easel/testkit";
import { expect, test } from "vitest";

const image = process.env.EASEL_NATS_IMAGE;
const possible = image !== undefined && (await hasContainerEngine());

test.skipIf(!possible)("what a server in a container acknowledged is there after kill -9", async () => {
  const server = await startNatsContainer({ image: image ?? "" });
  try {
    const bus = await connectBus({ servers: server.url, name: "test" });
    await ensureTopology(bus, { run: "run", rewards: [] });
    await publishTrajectory(bus, sampleTrajectory(sampleTask("run", 1), 0, "a"));
    await server.kill();
    await server.restart();
    const results = await eventually("the bus is back", async () => {
      try {
        return await (await openTrajectoryCursor(bus, "run")).readAll();
      } catch {
        return null;
      }
    });
    expect(results.map(({ message }) => message?.attempt)).toEqual(["a"]);
    await bus.connection.close();
  } finally {
    await server.dispose();
  }
});
