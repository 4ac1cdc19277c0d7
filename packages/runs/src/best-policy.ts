// The best policy of a run on the dev prompts, which the learner keeps beside its checkpoints: `best/e<epoch>-s<step>/` with
// `policy.safetensors` and `dev.json`. Test prompts have no part in this choice.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunFolder } from "./run-folder.js";

/** The policy that did best at an evaluation during the run. */
export type BestPolicy = {
  /** `policy.safetensors`. */
  readonly file: string;
  readonly epoch: number;
  readonly step: number;
  /** Mean total reward on the dev prompts at the run's own temperature, [0,1]. The best of many, so it is too good. */
  readonly total: number;
};

/** The best policy; null where the run has kept none. Unreadable ones are passed over. */
export async function readBestPolicy({ best }: RunFolder): Promise<BestPolicy | null> {
  const names = await readdir(best).catch(() => []);
  const found: BestPolicy[] = [];
  for (const name of names.filter((one) => !one.startsWith("."))) {
    try {
      const text = await readFile(join(best, name, "dev.json"), "utf8");
      const { epoch, step, total } = JSON.parse(text) as Omit<BestPolicy, "file">;
      if (![epoch, step, total].every(Number.isFinite)) continue;
      found.push({ file: join(best, name, "policy.safetensors"), epoch, step, total });
    } catch {
      // Half of a folder that was being removed.
    }
  }
  // Two are there only where a crash came between writing the new one and removing the old one.
  return found.sort((a, b) => b.total - a.total)[0] ?? null;
}
