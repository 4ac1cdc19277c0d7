// The nats-server of a local run: found, checked, configured for durability, started on loopback with its store in the run's folder.
import { execFile } from "node:child_process";
import { openSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { compareVersions, MINIMUM_SERVER_VERSION, serverOnPath } from "@easel/bus";
import { TrainError } from "./errors.js";
import { ManagedChild } from "./managed-child.js";

const execute = promisify(execFile);
const OWNER_FILE = "server.json";
const CONFIG_FILE = "nats.conf";
const START_MS = 20_000;
const WAIT_MS = 50;

export type LocalNats = { readonly url: string; readonly version: string; readonly child: ManagedChild };

/** Path and version of a nats-server: `EASEL_NATS_SERVER`, else the first on PATH. */
export async function findNatsServer(
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly path: string; readonly version: string }> {
  const path = env.EASEL_NATS_SERVER ?? serverOnPath(env.PATH ?? "");
  const remedy = `Run "npm run doctor", which fetches one, or set EASEL_NATS_SERVER to the path of nats-server ${MINIMUM_SERVER_VERSION} or later.`;
  if (path === null)
    throw new TrainError("EASEL_TRAIN_NO_NATS_SERVER", `No nats-server was found. ${remedy}`);
  let output: string;
  try {
    output = (await execute(path, ["--version"], { timeout: 30_000 })).stdout;
  } catch (cause) {
    throw new TrainError("EASEL_TRAIN_NO_NATS_SERVER", `${path} does not run. ${remedy}`, { cause });
  }
  const version = /v?(\d+\.\d+\.\d+)/.exec(output)?.[1] ?? "0.0.0";
  if (compareVersions(version, MINIMUM_SERVER_VERSION) < 0) {
    throw new TrainError("EASEL_TRAIN_NATS_TOO_OLD", `${path} is nats-server ${version}. ${remedy}`);
  }
  return { path, version };
}

/**
 * Starts the server of a run.
 * @param port 0 takes a free one; a resumed run may use another than before
 * @throws TrainError `EASEL_TRAIN_PORT_IN_USE` or `EASEL_TRAIN_NATS_FAILED` with the end of the server's log.
 */
export async function startLocalNats(
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
  port = 0,
): Promise<LocalNats> {
  const { path, version } = await findNatsServer(env);
  if (port !== 0) await checkPortFree(port);
  const chosen = port === 0 ? await freePort() : port;
  const home = join(folder, "nats");
  const logs = join(folder, "logs");
  await mkdir(join(home, "store"), { recursive: true });
  await mkdir(logs, { recursive: true });
  await endOrphan(home);
  const configFile = join(home, CONFIG_FILE);
  await writeFile(configFile, serverConfig(chosen, join(home, "store")));
  const logFile = join(logs, "nats-server.log");
  const output = openSync(logFile, "a");
  const child = new ManagedChild({
    name: "nats-server",
    command: path,
    args: ["-c", configFile],
    env: {},
    output,
  });
  // Before it answers: whoever resumes after a kill in this very moment must find it.
  await writeFile(join(home, OWNER_FILE), JSON.stringify({ pid: child.pid, port: chosen }));
  const ready = Date.now() + START_MS;
  while (!(await answers(chosen))) {
    if (!child.running || Date.now() > ready) {
      await child.stop(1_000);
      const tail = (await readFile(logFile, "utf8").catch(() => "")).trim().split("\n").slice(-3).join(" | ");
      throw new TrainError(
        "EASEL_TRAIN_NATS_FAILED",
        `nats-server did not start; its log ${logFile} ends: ${tail}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  }
  return { url: `nats://127.0.0.1:${chosen}`, version, child };
}

/**
 * Two servers must never share a store: the one that a killed `easel train` of this run left behind is ended first.
 * @throws TrainError `EASEL_TRAIN_NATS_FAILED` when it does not end.
 */
async function endOrphan(home: string): Promise<void> {
  const text = await readFile(join(home, OWNER_FILE), "utf8").catch(() => null);
  if (text === null) return;
  const { pid, port } = JSON.parse(text) as { readonly pid: number; readonly port: number };
  if (!(await answers(port)) || !(await isServer(pid))) return;
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // Not ours any more: the port belongs to someone else, and the old server is gone.
    return;
  }
  const deadline = Date.now() + START_MS;
  while (await answers(port)) {
    if (Date.now() > deadline) {
      throw new TrainError(
        "EASEL_TRAIN_NATS_FAILED",
        `The nats-server of an earlier start of this run (process ${pid}, port ${port}) was asked to end and still answers. End it, and resume the run: two servers must not share its store.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  }
}

/** After a reboot the number may be another program's. Where the system does not tell, the port has to do. */
async function isServer(pid: number): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => null);
  return command === null || command.includes(CONFIG_FILE);
}

/** What is acknowledged is on the disk: `sync_interval: always`. */
function serverConfig(port: number, storeDir: string): string {
  return [
    `listen: "127.0.0.1:${port}"`,
    "max_payload: 8MB",
    "jetstream {",
    `  store_dir: ${JSON.stringify(storeDir)}`,
    "  sync_interval: always",
    "}",
    "",
  ].join("\n");
}

async function checkPortFree(port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once("error", () => {
      reject(
        new TrainError(
          "EASEL_TRAIN_PORT_IN_USE",
          `Port ${port} on 127.0.0.1 is in use. Stop what listens there, name another port, or leave it out for any free one.`,
        ),
      );
    });
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve()));
  });
}

async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

async function answers(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
