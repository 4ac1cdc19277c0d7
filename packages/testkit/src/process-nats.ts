// nats-server as a plain child process on loopback. The first choice: it starts in a fraction of a second.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.js";
import { findNatsServer } from "./nats-binary.js";
import { natsConfig } from "./nats-config.js";
import type { NatsServer, StartNatsOptions } from "./nats-server.js";
import { type SpawnedProcess, spawnProcess } from "./spawned-process.js";

/**
 * The `process` provider.
 * @throws TestkitError `EASEL_TESTKIT_NO_NATS_SERVER` or `EASEL_TESTKIT_START_FAILED`.
 */
export async function startNatsProcess(options: StartNatsOptions): Promise<NatsServer> {
  const program = await findNatsServer(options.minimumVersion);
  const folder = await mkdtemp(join(tmpdir(), "easel-nats-"));
  const storeDir = options.storeDir ?? join(folder, "store");
  await mkdir(storeDir, { recursive: true });
  const port = options.port === undefined || options.port === 0 ? await freePort() : options.port;
  const monitorPort = await freePort();
  const configFile = join(folder, "nats.conf");
  await writeFile(configFile, natsConfig({ host: "127.0.0.1", port, monitorPort, storeDir }));

  const launch = async (): Promise<SpawnedProcess> => {
    const started = spawnProcess({ command: program, args: ["-c", configFile] });
    await started.waitForOutput(/Server is ready/);
    return started;
  };
  let server = await launch();
  let earlier = "";

  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    monitorPort,
    provider: "process",
    stop: async () => {
      await server.stop();
    },
    kill: async () => {
      await server.kill();
    },
    pause: async () => server.pause(),
    resume: async () => server.resume(),
    restart: async () => {
      await server.stop();
      earlier += server.output;
      server = await launch();
    },
    output: async () => earlier + server.output,
    dispose: async () => {
      server.resume();
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
