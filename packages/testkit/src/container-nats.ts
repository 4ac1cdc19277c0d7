// nats-server in a container of a local engine, from an image at hand. Not a downloader: an image that is not there fails the start.
import { mkdir } from "node:fs/promises";
import { connect } from "node:net";
import type { StartedTestContainer } from "testcontainers";
import { TestkitError } from "./errors.js";
import { eventually } from "./eventually.js";
import { freePort } from "./free-port.js";
import { chosenImage } from "./nats-choice.js";
import { natsConfig } from "./nats-config.js";
import type { NatsServer, StartNatsOptions } from "./nats-server.js";

const CLIENT_PORT = 4222;
const MONITOR_PORT = 8222;
const CONFIG_PATH = "/etc/easel-nats.conf";
const STORE_PATH = "/store";
const GREETING_MS = 60_000;

/**
 * The `container` provider. Without `storeDir` the store lives as long as the container does.
 * @throws TestkitError `EASEL_TESTKIT_NATS_CHOICE` or `EASEL_TESTKIT_START_FAILED`.
 */
export async function startNatsContainer(options: StartNatsOptions): Promise<NatsServer> {
  const image = chosenImage();
  // Loaded only here: it is large, and most tests never need it.
  const { getContainerRuntimeClient, GenericContainer, Wait } = await import("testcontainers");
  const port = options.port === undefined || options.port === 0 ? await freePort() : options.port;
  const monitorPort = await freePort();
  const config = natsConfig({
    host: "0.0.0.0",
    port: CLIENT_PORT,
    monitorPort: MONITOR_PORT,
    storeDir: STORE_PATH,
  });
  const { storeDir } = options;
  if (storeDir !== undefined) await mkdir(storeDir, { recursive: true });
  let container: StartedTestContainer;
  try {
    container = await new GenericContainer(image)
      .withCopyContentToContainer([{ content: config, target: CONFIG_PATH }])
      .withBindMounts(storeDir === undefined ? [] : [{ source: storeDir, target: STORE_PATH }])
      .withCommand(["-c", CONFIG_PATH])
      .withExposedPorts(
        { container: CLIENT_PORT, host: port },
        { container: MONITOR_PORT, host: monitorPort },
      )
      .withWaitStrategy(Wait.forLogMessage(/Server is ready/))
      .withStartupTimeout(GREETING_MS)
      .start();
  } catch (cause) {
    throw new TestkitError(
      "EASEL_TESTKIT_START_FAILED",
      `A container of ${image} did not start: ${String((cause as Error).message)}`,
      { cause },
    );
  }
  const client = await getContainerRuntimeClient();
  const handle = client.container.getById(container.getId());
  await greeted(port);
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    monitorPort,
    provider: "container",
    stop: async () => {
      await handle.stop();
    },
    kill: async () => {
      await handle.kill({ signal: "SIGKILL" });
    },
    pause: async () => {
      await handle.pause();
    },
    resume: async () => {
      await handle.unpause();
    },
    restart: async () => {
      await handle.restart();
      await greeted(port);
    },
    output: async () => (await handle.logs({ stdout: true, stderr: true, follow: false })).toString("utf8"),
    dispose: async () => {
      await handle.remove({ force: true, v: true });
    },
  };
}

/** The engine's proxy takes connections before the server does, so that an open port says nothing: the server's first line does. */
async function greeted(port: number): Promise<void> {
  const greets = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1");
      const answer = (is: boolean): void => {
        socket.destroy();
        resolve(is);
      };
      socket.once("data", (first) => answer(first.toString("latin1").startsWith("INFO ")));
      socket.once("error", () => answer(false));
      socket.once("close", () => answer(false));
      socket.setTimeout(1_000, () => answer(false));
    });
  await eventually(`nats-server greets on port ${port}`, greets, GREETING_MS);
}
