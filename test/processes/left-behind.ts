// What `easel train` leaves behind when it ends, in good order or not: processes, lines in files, a lock.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually, type SpawnedProcess } from "@easel/testkit";

/** The folder of the run that a started command has told of. */
export async function runFolderOf(started: SpawnedProcess): Promise<string> {
  return (await started.waitForOutput(/^run \S+ in (.+)$/m, 60_000))[1] ?? "";
}

type StepLine = { readonly step: number; readonly epoch: number };

/** The steps in `metrics.jsonl`, in the order in which they were written. */
export async function stepLines(run: string): Promise<StepLine[]> {
  const text = await readFile(join(run, "metrics.jsonl"), "utf8").catch(() => "");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  return whole
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))
    .filter(({ kind }) => kind === "step");
}

/** What is not as it should be after a run was asked to stop; empty when it stopped in good order. */
export async function stopFaults(stopped: SpawnedProcess, run: string): Promise<string[]> {
  const { code, signal } = await stopped.exited;
  const faults: string[] = [];
  if (code !== 0) faults.push(`ended with ${signal ?? `code ${code}`}`);
  if (!stopped.output.includes(`To go on: easel train --resume ${run}`))
    faults.push("did not say how to go on");
  if ((await readdir(run)).includes("train.pid")) faults.push("left the run's folder locked");
  const step = (await stepLines(run)).at(-1)?.step ?? 0;
  const newest = (await readdir(join(run, "checkpoints"))).sort().at(-1) ?? "none";
  if (!newest.endsWith(`-s${String(step).padStart(8, "0")}`))
    faults.push(`step ${step} was made and the last checkpoint is ${newest}`);
  return faults;
}

/** The processes that `easel train` started in a run's folder, without the broker. */
export async function startedPids(run: string): Promise<number[]> {
  const text = await readFile(join(run, "pids"), "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map(Number);
}

/** Process id and port of the run's own broker. */
export async function brokerOf(run: string): Promise<{ readonly pid: number; readonly port: number }> {
  return JSON.parse(await readFile(join(run, "nats", "server.json"), "utf8"));
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Ends what a killed `easel train` left behind: its processes by themselves, its broker by a signal. */
export async function endLeftOvers(run: string): Promise<void> {
  const pids = await startedPids(run);
  await eventually("the processes ended", () => !pids.some(isAlive), 60_000);
  const broker = await brokerOf(run).catch(() => null);
  if (broker === null || !isAlive(broker.pid)) return;
  process.kill(broker.pid, "SIGTERM");
  await eventually("the broker ended", () => !isAlive(broker.pid));
}

/** Ends what is left of all runs below a folder. */
export async function endAllLeftOvers(folder: string): Promise<void> {
  const runs = await readdir(join(folder, "runs")).catch(() => []);
  for (const run of runs) await endLeftOvers(join(folder, "runs", run));
}
