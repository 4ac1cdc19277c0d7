// Publishing something that may exist only once. The subject is the identity; "expect last subject sequence 0" lets the first
// publish in and refuses the rest. What a timeout leaves unclear is settled by asking again under the same fence.

import { JetStreamApiError } from "@nats-io/jetstream";
import { InvalidArgumentError, headers as natsHeaders } from "@nats-io/nats-core";
import type { Bus } from "./connect.js";
import { BusError } from "./errors.js";
import { isStoreFull, storeFault, storeFull } from "./store-full.js";
import type { StreamName } from "./stream-definitions.js";
import { isServerError } from "./topology.js";

/** Header with the attempt id: how a sender recognises its own message. */
export const ATTEMPT_HEADER = "Easel-Attempt";

export type FencedPublish = {
  readonly stream: StreamName;
  readonly subject: string;
  readonly bytes: Uint8Array;
  /** Id of this one try; a retry after a timeout keeps it, a redelivery gets a new one. */
  readonly attempt: string;
  /** Time to give up with an unclear outcome; 30 s unless told. */
  readonly deadlineMs?: number;
};

/**
 * `stored`: ours, now. `own`: ours, by an earlier publish whose answer was lost. `fenced`: another attempt was first; its bytes
 * are given, or null when they have been trimmed since.
 */
export type FencedOutcome =
  | { readonly outcome: "stored" | "own"; readonly sequence: number }
  | { readonly outcome: "fenced"; readonly sequence: number | null; readonly bytes: Uint8Array | null };

/** Tries after which the server is asked whether its disk is full. */
const ASKED_AFTER_TRIES = 2;
const WRONG_LAST_SEQUENCE = 10071;
const STORE_FAILED = 10077;

/**
 * Publishes at most one message on a subject, whoever else tries.
 * @throws BusError `EASEL_BUS_PUBLISH_UNKNOWN` when no answer came in time, `EASEL_BUS_STORE_FULL`, `EASEL_BUS_STREAM_FULL`,
 * `EASEL_BUS_MESSAGE_TOO_LARGE` or `EASEL_BUS_PUBLISH_REFUSED`.
 */
export async function publishFenced(bus: Bus, publish: FencedPublish): Promise<FencedOutcome> {
  const headers = natsHeaders();
  headers.set(ATTEMPT_HEADER, publish.attempt);
  const deadline = bus.clock.nowMs() + (publish.deadlineMs ?? 30_000);
  for (let tries = 1; ; tries += 1) {
    try {
      const answer = await bus.js.publish(publish.subject, publish.bytes, {
        headers,
        expect: { lastSubjectSequence: 0 },
        timeout: Math.min(5_000, Math.max(100, deadline - bus.clock.nowMs())),
        retries: 0,
      });
      return { outcome: "stored", sequence: answer.seq };
    } catch (error) {
      if (isTaken(error)) return await whoseIsIt(bus, publish);
      throwIfFinal(error, publish);
      bus.observe({ name: "publish_timeout", level: "alarm", fields: { subject: publish.subject, tries } });
      const late = bus.clock.nowMs() >= deadline;
      // Asked early too: workers and learner then end by one name, before the lease of the learner has run out.
      const fault = late || tries === ASKED_AFTER_TRIES ? await storeFault(bus) : null;
      if (fault !== null) throw fault;
      if (late) {
        throw new BusError(
          "EASEL_BUS_PUBLISH_UNKNOWN",
          `No answer to the publish on ${publish.subject} after ${tries} tries. Check the server's log for write errors and its disk for space; a restart of the server heals a failed sync.`,
          { cause: error },
        );
      }
      await bus.clock.sleep(Math.min(200 * tries, 2_000));
    }
  }
}

function isTaken(error: unknown): boolean {
  if (isServerError(error, WRONG_LAST_SEQUENCE)) return true;
  return isServerError(error, STORE_FAILED) && /per subject/.test(error.message);
}

function throwIfFinal(error: unknown, publish: FencedPublish): void {
  if (error instanceof InvalidArgumentError) {
    throw new BusError(
      "EASEL_BUS_MESSAGE_TOO_LARGE",
      `The message for ${publish.subject} has ${publish.bytes.byteLength} bytes, more than the server's max_payload. Use smaller slices, or raise max_payload (8 MB is Easel's setting).`,
      { cause: error },
    );
  }
  if (isStoreFull(error)) throw storeFull(error);
  if (isServerError(error, STORE_FAILED)) {
    throw new BusError(
      "EASEL_BUS_STREAM_FULL",
      `The stream ${publish.stream} is at its quota: ${error.message}. Wait for the learner to trim it, or raise the quota.`,
      { cause: error },
    );
  }
  // Only the server's own refusals are final: timeouts, missing responders and lost connections leave it open.
  if (error instanceof JetStreamApiError && error.status < 500) {
    throw new BusError(
      "EASEL_BUS_PUBLISH_REFUSED",
      `The server refused the publish on ${publish.subject}: ${error.message}. Check that the topology exists and the account may publish there.`,
      { cause: error },
    );
  }
}

async function whoseIsIt(bus: Bus, publish: FencedPublish): Promise<FencedOutcome> {
  // Asked of the stream's leader, not of a replica that may lag behind the refusal.
  const stored = await bus.jsm.streams.getMessage(publish.stream, { last_by_subj: publish.subject });
  if (stored !== null && stored.header.get(ATTEMPT_HEADER) === publish.attempt) {
    return { outcome: "own", sequence: stored.seq };
  }
  bus.observe({
    name: "fenced",
    level: "info",
    fields: { subject: publish.subject, attempt: publish.attempt },
  });
  return {
    outcome: "fenced",
    sequence: stored?.seq ?? null,
    bytes: stored === null ? null : Uint8Array.from(stored.data),
  };
}
