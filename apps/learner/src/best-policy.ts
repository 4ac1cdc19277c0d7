// Keeps the policy that did best on the dev prompts so far: `best/e<epoch>-s<step>/` with its weights and `dev.json`. Nothing
// is restored from it; checkpoints, of which the newest are kept, are checkpoint.ts.
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { WeightFiles } from "@easel/training";
import { checkpointName } from "./checkpoint.js";
import { syncPath, writeDurably } from "./durable-file.js";

/** An evaluation on the dev prompts. */
export type DevScore = {
  readonly epoch: number;
  readonly step: number;
  /** Mean total reward, [0,1]. */
  readonly total: number;
  readonly temperature: number;
};

const PARTIAL = ".partial-";

/**
 * Keeps the policy if its score is above that of the one that is kept; of equal ones the earlier stays. The new folder is
 * whole before the old one goes.
 *
 * @param folder the run's folder
 * @param exportWeights called only when the policy is kept
 * @returns whether it is kept now
 */
export async function keepIfBest(
  folder: string,
  score: DevScore,
  exportWeights: () => Promise<WeightFiles>,
): Promise<boolean> {
  if (!Number.isFinite(score.total)) return false;
  const best = join(folder, "best");
  await mkdir(best, { recursive: true });
  const names = await readdir(best);
  for (const name of names) {
    const kept = name.startsWith(PARTIAL) ? null : await scoreIn(join(best, name));
    if (kept !== null && kept >= score.total) return false;
  }
  const name = checkpointName(score.epoch, score.step);
  const partial = join(best, `${PARTIAL}${name}`);
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial);
  const { digest, files } = await exportWeights();
  for (const [file, bytes] of files) await writeDurably(join(partial, file), bytes);
  await writeDurably(join(partial, "dev.json"), `${JSON.stringify({ ...score, policyDigest: digest })}\n`);
  await rm(join(best, name), { recursive: true, force: true });
  await rename(partial, join(best, name));
  await syncPath(best);
  for (const old of names.filter((one) => one !== name)) {
    await rm(join(best, old), { recursive: true, force: true });
  }
  return true;
}

/** The kept score; null for a folder that is damaged and may go. */
async function scoreIn(path: string): Promise<number | null> {
  try {
    const { total } = JSON.parse(await readFile(join(path, "dev.json"), "utf8")) as Partial<DevScore>;
    return typeof total === "number" ? total : null;
  } catch {
    return null;
  }
}
