// Pulling from a consumer: take what is there, else wait for the first one. The client library's own fetch has no "what is
// there now", and stalls for its whole expiry after a reconnect.
import { createInbox, type Msg } from "@nats-io/nats-core";
import type { Bus } from "./connect.js";
import { Delivery, parseAckSubject } from "./delivery.js";

/** Headers-only messages with these codes end a pull request. */
const CONSUMER_GONE = 409;

export type PullResult = {
  readonly deliveries: readonly Delivery[];
  /** True when the server said that the consumer or stream no longer exists. */
  readonly consumerGone: boolean;
};

/**
 * Takes up to `max` messages at once when some are waiting, else the first that comes within `waitMs` and its companions.
 * Returns early when the connection is lost.
 */
export async function pull(
  bus: Bus,
  stream: string,
  consumer: string,
  max: number,
  waitMs: number,
): Promise<PullResult> {
  const ready = await request(bus, stream, consumer, { batch: max, no_wait: true }, 2_000);
  if (ready.deliveries.length > 0 || ready.consumerGone || waitMs <= 0) return ready;
  const first = await request(
    bus,
    stream,
    consumer,
    { batch: 1, expires: Math.round(waitMs * 1e6) },
    waitMs + 1_000,
  );
  if (first.deliveries.length === 0 || max === 1) return first;
  const rest = await request(bus, stream, consumer, { batch: max - 1, no_wait: true }, 2_000);
  return { deliveries: [...first.deliveries, ...rest.deliveries], consumerGone: rest.consumerGone };
}

type PullRequest = { readonly batch: number; readonly no_wait?: true; readonly expires?: number };

function request(
  bus: Bus,
  stream: string,
  consumer: string,
  body: PullRequest,
  giveUpMs: number,
): Promise<PullResult> {
  return new Promise((resolve, reject) => {
    const deliveries: Delivery[] = [];
    const inbox = createInbox();
    let consumerGone = false;
    let cancel = (): void => {};
    const finish = (): void => {
      cancel();
      subscription.unsubscribe();
      resolve({ deliveries, consumerGone });
    };
    const subscription = bus.connection.subscribe(inbox, {
      callback: (error, message) => {
        if (error !== null) {
          cancel();
          reject(error);
          return;
        }
        const position = message.reply === undefined ? null : parseAckSubject(message.reply);
        if (message.reply !== undefined && position !== null) {
          deliveries.push(new Delivery(bus.connection, message, message.reply, position));
          if (deliveries.length >= body.batch) finish();
          return;
        }
        const status = statusOf(message);
        if (status === 0 || status === 100) return;
        consumerGone =
          status === 503 || (status === CONSUMER_GONE && /deleted/i.test(message.headers?.description ?? ""));
        finish();
      },
    });
    // Only now: on a closed connection subscribing throws, and then no timer may be left behind.
    cancel = bus.clock.after(giveUpMs, finish);
    bus.connection.publish(`${bus.apiPrefix}.CONSUMER.MSG.NEXT.${stream}.${consumer}`, JSON.stringify(body), {
      reply: inbox,
    });
  });
}

function statusOf(message: Msg): number {
  return message.headers?.code ?? 0;
}
