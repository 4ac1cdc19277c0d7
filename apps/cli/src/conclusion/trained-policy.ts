// Finds what a finished run made: the weights of its last checkpoint. Whether they are whole is checked when they are read.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { CliError } from "../errors.js";

const checkpointName = /^e(\d+)-s(\d+)$/;

/**
 * The weights file of the newest checkpoint: that of the newest epoch, since steps of an older one may have been
 * abandoned; within it the latest step.
 *
 * @param checkpoints the run's `checkpoints` folder
 * @throws CliError `EASEL_CLI_NO_POLICY` when there is none
 */
export async function trainedPolicy(checkpoints: string): Promise<string> {
  const found = (await readdir(checkpoints).catch(() => []))
    .flatMap((name) => {
      const [, epoch, step] = checkpointName.exec(name) ?? [];
      return epoch === undefined ? [] : [{ name, epoch: Number(epoch), step: Number(step) }];
    })
    .sort((a, b) => b.epoch - a.epoch || b.step - a.step);
  const newest = found[0];
  if (newest === undefined) {
    throw new CliError(
      "EASEL_CLI_NO_POLICY",
      `${checkpoints} holds no checkpoint, so there is nothing to measure. Restore the folder from a copy, or train again.`,
    );
  }
  return join(checkpoints, newest.name, "policy.safetensors");
}
