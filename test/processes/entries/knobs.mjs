// Knobs of the simulated processes, from the environment: how slow a call is, where a process waits, where it ends itself once.
import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const {
  EASEL_TEST_LATENCY_MS = "20",
  EASEL_TEST_KILL_AT = "",
  EASEL_TEST_HOLD = "",
  EASEL_TEST_WITHOUT = "",
} = process.env;

export const latencyMs = Number(EASEL_TEST_LATENCY_MS);

/** Whether this is the negative control that goes without a mechanism: an entry then passes one in that does nothing. */
export function without(mechanism) {
  return EASEL_TEST_WITHOUT === mechanism;
}

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

/** With a name: says with a file `held-<name>` that it has come here, and waits for a file `go-on-<name>`, both in the run's folder. */
export async function hold(folder) {
  if (EASEL_TEST_HOLD === "") return;
  writeFileSync(join(folder, `held-${EASEL_TEST_HOLD}`), "");
  while (!existsSync(join(folder, `go-on-${EASEL_TEST_HOLD}`)))
    await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Leaves this process's id in the run's folder, for tests of what becomes of it. */
export function notePid(folder) {
  appendFileSync(join(folder, "pids"), `${process.pid}\n`);
}

/** The folder argument of a process. */
export function folderOf(argv) {
  return argv[argv.indexOf("--folder") + 1] ?? ".";
}
