// Stores the pictures of a slice before the trajectory that names them. A full store is back-pressure: the worker waits, nothing is lost.
import { BusError, type StoredBlob } from "@easel/bus";
import { RolloutError } from "./errors.js";
import type { RolloutOptions } from "./options.js";

const RETRY_MS = 500;

export type PictureOptions = Pick<RolloutOptions, "images" | "log"> & {
  readonly bus: Pick<RolloutOptions["bus"], "clock">;
  readonly settings: Pick<RolloutOptions["settings"], "pictureDeadlineMs">;
};

/**
 * Stores the pictures of one slice, all or none: parts of two slices that wait for each other's room would wait for ever.
 * @param onWait called before each wait for room, to keep leases alive
 * @param share in [0,1), other for each worker, so that two that wait do not always try together
 * @throws RolloutError `EASEL_ROLLOUT_PICTURES_FULL` when there was no room for too long
 */
export async function storePictures(
  options: PictureOptions,
  pngs: readonly Uint8Array[],
  onWait: (ms: number) => void,
  share = 0,
): Promise<readonly StoredBlob[]> {
  const { bus, settings, log } = options;
  const giveUpAt = bus.clock.nowMs() + settings.pictureDeadlineMs;
  for (let warned = false; ; warned = true) {
    try {
      return await storeAll(options, pngs);
    } catch (error) {
      if (!(error instanceof BusError) || error.code !== "EASEL_BUS_BLOB_QUOTA") throw error;
      if (!warned) log.warn({ err: error }, "no room for pictures; waiting for the learner to delete some");
      if (bus.clock.nowMs() > giveUpAt) {
        throw new RolloutError(
          "EASEL_ROLLOUT_PICTURES_FULL",
          `There was no room for pictures for ${settings.pictureDeadlineMs} ms. Raise bus.imageQuota: it must hold the pictures of a step (grpo.batchGroups times grpo.groupSize) and of one slice more for each worker. Otherwise see why the learner settles no groups.`,
          { cause: error },
        );
      }
      const waitMs = RETRY_MS * (0.5 + share);
      onWait(waitMs * 4);
      await bus.clock.sleep(waitMs);
    }
  }
}

/** Together: each picture waits for the disk, and the disk serves many as fast as one. */
async function storeAll(
  { images, log }: PictureOptions,
  pngs: readonly Uint8Array[],
): Promise<readonly StoredBlob[]> {
  const outcomes = await Promise.allSettled(pngs.map((png) => images.put(png)));
  const stored = outcomes.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const failed = outcomes.find((one) => one.status === "rejected");
  if (failed === undefined) return stored;
  for (const { digest } of stored) {
    await images
      .delete(digest)
      .catch((error: unknown) => log.warn({ digest, err: error }, "a picture stays behind"));
  }
  throw failed.reason;
}
