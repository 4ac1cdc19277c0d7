// Knobs of the simulated processes, from the environment: how slow a call is, and where a process ends itself once.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const { EASEL_TEST_LATENCY_MS = "20", EASEL_TEST_KILL_AT = "" } = process.env;

export const latencyMs = Number(EASEL_TEST_LATENCY_MS);

/**
 * `name@count`: kill -9 of this process when it passes that point for the count-th time in any start; only once in a run's folder.
 */
export function killer(folder) {
  const [name, count] = EASEL_TEST_KILL_AT.split("@");
  let passed = 0;
  return async (point) => {
    if (point !== name) return;
    passed += 1;
    const mark = join(folder, `killed-${name}`);
    if (passed !== Number(count) || existsSync(mark)) return;
    writeFileSync(mark, String(process.pid));
    process.kill(process.pid, "SIGKILL");
    await new Promise(() => {});
  };
}

/** The folder argument of a process. */
export function folderOf(argv) {
  return argv[argv.indexOf("--folder") + 1] ?? ".";
}
