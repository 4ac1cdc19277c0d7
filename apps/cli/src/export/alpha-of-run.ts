// Finds the alpha of an adapter that a run trained: its weights do not say it, the run's configuration does.
import { readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

/**
 * `model.lora.alpha` of the run that a checkpoint lies in.
 *
 * @param adapter the folder `RUN/checkpoints/NAME`, or a file in it
 * @returns undefined where there is no such run, or it trained no adapter
 */
export async function alphaOfRun(adapter: string): Promise<number | undefined> {
  const path = resolve(adapter);
  const isFile = (await stat(path)).isFile();
  const run = dirname(dirname(isFile ? dirname(path) : path));
  const text = await readFile(join(run, "config.json"), "utf8").catch(() => null);
  if (text === null) return undefined;
  const value = JSON.parse(text) as { model?: { lora?: { alpha?: unknown } | null } } | null;
  const alpha = value?.model?.lora?.alpha;
  return typeof alpha === "number" ? alpha : undefined;
}
