// Stores pictures before the trajectory that names them. A full store is back-pressure: the worker waits, nothing is lost.
import { BusError, type StoredBlob } from "@easel/bus";
import { RolloutError } from "./errors.js";
import type { RolloutOptions } from "./options.js";

const RETRY_MS = 500;

/** Stores one picture, waiting for room; `onWait` is called before each wait, to keep leases alive. */
export async function storePicture(
  { images, bus, settings, log }: RolloutOptions,
  png: Uint8Array,
  onWait: (ms: number) => void,
): Promise<StoredBlob> {
  const giveUpAt = bus.clock.nowMs() + settings.pictureDeadlineMs;
  for (let warned = false; ; warned = true) {
    try {
      return await images.put(png);
    } catch (error) {
      if (!(error instanceof BusError) || error.code !== "EASEL_BUS_BLOB_QUOTA") throw error;
      if (!warned) log.warn({ err: error }, "no room for pictures; waiting for the learner to delete some");
      if (bus.clock.nowMs() > giveUpAt) {
        throw new RolloutError(
          "EASEL_ROLLOUT_PICTURES_FULL",
          `There was no room for pictures for ${settings.pictureDeadlineMs} ms. Raise bus.imageQuota, or see why the learner does not settle groups.`,
          { cause: error },
        );
      }
      onWait(RETRY_MS * 4);
      await bus.clock.sleep(RETRY_MS);
    }
  }
}
