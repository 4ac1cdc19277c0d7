// The folder of a run: made anew under a free name, or found again to be resumed. One `easel train` at a time works in it.
import { mkdir, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { RunConfig } from "@easel/config";
import { TrainError } from "./errors.js";

export type RunFolder = { readonly path: string; readonly config: RunConfig };

const LOCK = "train.pid";
const LONGEST_NAME = 48;

/** Makes `<dir>/<name>`, or `<dir>/<name>-2` and so on when that is taken; the run gets the folder's name. */
export async function makeRunFolder(config: RunConfig): Promise<RunFolder> {
  await mkdir(config.run.dir, { recursive: true });
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? "" : `-${number}`;
    const name = `${config.run.name.slice(0, LONGEST_NAME - suffix.length)}${suffix}`;
    const path = join(config.run.dir, name);
    try {
      await mkdir(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") continue;
      throw error;
    }
    const resolved: RunConfig = { ...config, run: { ...config.run, name } };
    await writeFile(join(path, "config.json"), `${JSON.stringify(resolved, null, 2)}\n`);
    return { path, config: resolved };
  }
}

/**
 * Finds a run to resume, by its folder or by its name under `dir`.
 * @throws TrainError `EASEL_TRAIN_NO_RUN`
 */
export async function findRunFolder(run: string, dir: string): Promise<RunFolder> {
  for (const path of [run, join(dir, run)]) {
    try {
      const config = JSON.parse(await readFile(join(path, "config.json"), "utf8")) as RunConfig;
      return { path, config };
    } catch {
      // Looked for in the next place.
    }
  }
  throw new TrainError(
    "EASEL_TRAIN_NO_RUN",
    `There is no run ${basename(run)} in ${dir}, and ${run} is no run's folder. Look into ${dir} for its name, or start one without --resume.`,
  );
}

/** @throws TrainError `EASEL_TRAIN_NO_CHECKPOINT` when the model's folder is not one. */
export async function checkModel({ model }: RunConfig): Promise<void> {
  try {
    if ((await stat(join(model.checkpoint, "config.json"))).isFile()) return;
  } catch {
    // Named below.
  }
  throw new TrainError(
    "EASEL_TRAIN_NO_CHECKPOINT",
    `model.checkpoint is ${model.checkpoint}, which has no config.json. Point it to a checkpoint's folder, such as assets/janus-nano.`,
  );
}

/**
 * Takes the folder for this process; the returned function gives it back.
 * @throws TrainError `EASEL_TRAIN_RUN_BUSY` while another living process has it.
 */
export async function lockRunFolder(path: string): Promise<() => Promise<void>> {
  const lock = join(path, LOCK);
  for (let tries = 1; ; tries += 1) {
    try {
      const file = await open(lock, "wx");
      await file.writeFile(String(process.pid));
      await file.close();
      return () => rm(lock, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = Number(await readFile(lock, "utf8").catch(() => "0"));
    if (tries > 1 || (holder > 0 && isAlive(holder))) {
      throw new TrainError(
        "EASEL_TRAIN_RUN_BUSY",
        `The run in ${path} is being trained by process ${holder}. Stop that one first, or remove ${lock} when it is not an Easel process.`,
      );
    }
    await rm(lock, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
