// Which streams these are: the times of their creation. A broker that lost its store has streams of the same names and other identities.
import type { Bus } from "./connect.js";
import { type StreamName, streamNames } from "./stream-definitions.js";
import { isServerError } from "./topology.js";

/** Creation time of each stream that a run's account rests on; one that does not exist is left out. */
export type StreamIdentities = Readonly<Partial<Record<StreamName, string>>>;

/** Events and advisories may be lost; these may not. */
const accounted = [streamNames.ledger, streamNames.tasks, streamNames.results, streamNames.scores] as const;

const STREAM_NOT_FOUND = 10059;

export async function identityOf(bus: Bus, stream: string): Promise<string> {
  return String((await bus.jsm.streams.info(stream)).created);
}

export async function streamIdentities(bus: Bus): Promise<StreamIdentities> {
  const found: Partial<Record<StreamName, string>> = {};
  for (const stream of accounted) {
    try {
      found[stream] = await identityOf(bus, stream);
    } catch (error) {
      if (!isServerError(error, STREAM_NOT_FOUND)) throw error;
    }
  }
  return found;
}

/** Streams that are not what they were: made anew, or gone. One that was not known before is not among them. */
export function replacedStreams(before: StreamIdentities, now: StreamIdentities): StreamName[] {
  return accounted.filter((stream) => before[stream] !== undefined && before[stream] !== now[stream]);
}
