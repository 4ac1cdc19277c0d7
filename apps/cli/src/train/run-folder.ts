// A run's folder while it is trained in: checks before the start, and that one `easel train` at a time works in it.
import { open, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { RunConfig } from "@easel/config";
import { TrainError } from "./errors.js";

export type RunFolder = { readonly path: string; readonly config: RunConfig };

const LOCK = "train.pid";

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
