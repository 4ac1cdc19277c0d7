// nats-server in a container, for machines with a container engine. It needs an image at hand: any official `nats` image, or one made
// from a local program. Nothing is downloaded unless the image name says so.
import type { StartedTestContainer } from "testcontainers";
import { freePort } from "./free-port.js";
import { natsConfig } from "./nats-config.js";
import type { NatsServer } from "./nats-server.js";

const CLIENT_PORT = 4222;
const MONITOR_PORT = 8222;
const CONFIG_PATH = "/etc/easel-nats.conf";

/** True when a container engine answers. */
export async function hasContainerEngine(): Promise<boolean> {
  try {
    const { getContainerRuntimeClient } = await import("testcontainers");
    await getContainerRuntimeClient();
    return true;
  } catch {
    return false;
  }
}

export type StartNatsContainerOptions = {
  /** Image whose entry point is nats-server. */
  readonly image: string;
};

/** Starts a server in a container. Its store lives as long as the container does. */
export async function startNatsContainer(options: StartNatsContainerOptions): Promise<NatsServer> {
  // Loaded only here: it is large, and most tests never need it.
  const { GenericContainer, getContainerRuntimeClient, Wait } = await import("testcontainers");
  const port = await freePort();
  const monitorPort = await freePort();
  const config = natsConfig({
    host: "0.0.0.0",
    port: CLIENT_PORT,
    monitorPort: MONITOR_PORT,
    storeDir: "/store",
  });
  const container: StartedTestContainer = await new GenericContainer(options.image)
    .withCopyContentToContainer([{ content: config, target: CONFIG_PATH }])
    .withCommand(["-c", CONFIG_PATH])
    .withExposedPorts({ container: CLIENT_PORT, host: port }, { container: MONITOR_PORT, host: monitorPort })
    .withWaitStrategy(Wait.forLogMessage(/Server is ready/))
    .withStartupTimeout(60_000)
    .start();
  const client = await getContainerRuntimeClient();
  const handle = client.container.getById(container.getId());
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
    },
    dispose: async () => {
      await container.stop({ remove: true, timeout: 0 });
    },
  };
}
