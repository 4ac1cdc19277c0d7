// The model that supervised training made: a whole checkpoint to go on from, and with LoRA the adapter apart.
import { mkdir, rm } from "node:fs/promises";
import { exportCheckpoint, readStoredConfig, writeJanusAdapter } from "@easel/janus";
import type { SupervisedModel } from "@easel/training";
import type { SftFolder } from "./sft-folder.js";

/**
 * Writes both. The checkpoint is the starting one with what was trained put in its place, in the layout and in the
 * floating-point types of that one; what was not loaded is copied.
 *
 * @param source the starting checkpoint
 * @returns notes on the result
 */
export async function writeTrained(
  { trained, adapter }: SupervisedModel,
  source: string,
  folder: SftFolder,
  imageSize: number | null,
): Promise<readonly string[]> {
  // An earlier end of this very training; its state is still there.
  await rm(folder.checkpoint, { recursive: true, force: true });
  const weights = new Map(adapter === undefined ? Object.entries(trained) : []);
  const { layout } = await readStoredConfig(source);
  const report = await exportCheckpoint({
    source,
    layout,
    out: folder.checkpoint,
    changes: { adapter: adapter ?? null, weights },
    merge: true,
    ...(imageSize === null ? {} : { imageSize }),
  });
  if (adapter !== undefined) {
    await mkdir(folder.adapter, { recursive: true });
    await writeJanusAdapter(folder.adapter, adapter, layout);
  }
  return report.notes;
}
