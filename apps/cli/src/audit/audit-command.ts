// What `easel audit` does: finds the run and its broker, starting the run's own when nobody has, and runs the audit over both.
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findRunFolder, readRunConfig } from "@easel/runs";
import { TrainError } from "../train/errors.js";
import { startLocalNats } from "../train/nats-process.js";
import { lockRunFolder } from "../train/run-folder.js";

type Env = Readonly<Record<string, string | undefined>>;

const NATS_GRACE_MS = 10_000;
const program = fileURLToPath(new URL("../../../learner/dist/audit-main.js", import.meta.url));

/**
 * Audits a run that goes on or is over. Returns the exit code: 0 when nothing is wrong.
 *
 * @param root where run folders are
 * @param run an id, or `last`
 */
export async function auditCommand(root: string, run: string, env: Env): Promise<number> {
  const folder = await findRunFolder(root, run);
  const config = await readRunConfig(folder);
  if (config.bus.nats !== "auto") return await audit(folder.path, env);
  let release: () => Promise<void>;
  try {
    release = await lockRunFolder(folder.path);
  } catch (error) {
    if (!(error instanceof TrainError) || error.code !== "EASEL_TRAIN_RUN_BUSY") throw error;
    return await audit(folder.path, { ...env, EASEL_NATS_URL: await runningBroker(folder.path) });
  }
  try {
    const { url, child } = await startLocalNats(folder.path, env);
    try {
      return await audit(folder.path, { ...env, EASEL_NATS_URL: url });
    } finally {
      await child.stop(NATS_GRACE_MS);
    }
  } finally {
    await release();
  }
}

/** The broker of a run that is being trained, which its `easel train` started. */
async function runningBroker(path: string): Promise<string> {
  const { port } = JSON.parse(await readFile(join(path, "nats", "server.json"), "utf8")) as { port: number };
  return `nats://127.0.0.1:${port}`;
}

async function audit(path: string, env: Env): Promise<number> {
  const child = spawn(process.execPath, [program, "--folder", path], { env: { ...env }, stdio: "inherit" });
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}
