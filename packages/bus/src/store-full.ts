// A broker whose disk is full. It says so to requests that manage streams and consumers; to a publish it does not answer at all, so after
// a publish in vain it is asked in a way that makes it speak.
import { JetStreamApiError } from "@nats-io/jetstream";
import type { Bus } from "./connect.js";
import { BusError } from "./errors.js";
import { streamNames } from "./stream-definitions.js";

const INSUFFICIENT_STORAGE = 10047;
const PROBE_TIMEOUT_MS = 3_000;

/** True for this package's own error, and for the server's words for a disk without room. */
export function isStoreFull(error: unknown): boolean {
  if (error instanceof BusError) return error.code === "EASEL_BUS_STORE_FULL";
  if (!(error instanceof JetStreamApiError)) return false;
  if (error.code === INSUFFICIENT_STORAGE) return true;
  return /no space left on device|disk quota exceeded|error creating store for/i.test(error.message);
}

/** @param cause what the server said */
export function storeFull(cause: unknown): BusError {
  return new BusError(
    "EASEL_BUS_STORE_FULL",
    `The broker's store has no room (${String((cause as Error).message)}). Free some on its disk and restart nats-server, which takes no message until then; "easel train --resume" restarts the one that it started. What was acknowledged is kept.`,
    { cause },
  );
}

/** Passes an error on, as `EASEL_BUS_STORE_FULL` when that is what it means. */
export function orStoreFull(error: unknown): unknown {
  return isStoreFull(error) && !(error instanceof BusError) ? storeFull(error) : error;
}

/**
 * Asks a broker that does not answer publishes whether its disk is full: it writes a stream's settings, unchanged, and says where it
 * could not. Null when it can, or when nothing was answered.
 */
export async function storeFault(bus: Bus): Promise<BusError | null> {
  let cancel = (): void => {};
  const late = new Promise<null>((resolve) => {
    cancel = bus.clock.after(PROBE_TIMEOUT_MS, () => resolve(null));
  });
  const probe = async (): Promise<BusError | null> => {
    try {
      await bus.jsm.streams.update(streamNames.advisories, {});
    } catch (error) {
      if (isStoreFull(error)) return storeFull(error);
    }
    return null;
  };
  try {
    return await Promise.race([probe(), late]);
  } finally {
    cancel();
  }
}
