// Leased messages from a shared durable consumer, decoded: the common part of the task queue and the reward queues.
import { decodeMessage, type Messages, type MessageType, ProtocolError } from "@easel/protocol";
import type { Bus } from "./connect.js";
import type { Delivery } from "./delivery.js";
import { BusError } from "./errors.js";
import { Lease } from "./lease.js";
import { pull } from "./pull.js";
import { isServerError } from "./topology.js";

export type LeasedQueueOptions<T extends MessageType> = {
  readonly bus: Bus;
  readonly stream: string;
  readonly consumer: string;
  readonly type: T;
  /** Deadline of a lease before the worker sets its own; 60 s unless told. */
  readonly firstDeadlineMs?: number;
  /** Records why a message will never be worked on again; runs before the message is given up. */
  readonly bury: (delivery: Delivery, message: Messages[T] | null, reason: string) => Promise<void>;
};

/** One message in this worker's hands. Finish with exactly one of `ack`, `nak` and `bury`. */
export type Leased<M> = {
  readonly message: M;
  /** The message as published, for its digest. */
  readonly bytes: Uint8Array;
  readonly subject: string;
  /** 1 at the first delivery. */
  readonly deliveries: number;
  readonly streamSequence: number;
  /** Aborted when the lease is lost or its deadline has passed; the reason is a BusError. */
  readonly signal: AbortSignal;
  /** Allows the call that starts now this many milliseconds. */
  inFlightFor(ms: number): void;
  /** Resolves true when the server confirmed. Unconfirmed is no failure: the fence catches a redelivery. */
  ack(): Promise<boolean>;
  nak(delayMs?: number): void;
  /** Writes a dead letter and gives the message up for good. */
  bury(reason: string): Promise<void>;
};

const CONSUMER_NOT_FOUND = 10014;
const STREAM_NOT_FOUND = 10059;

/** How long a message of another protocol version waits for a worker of its own release. */
const OTHER_VERSION_DELAY_MS = 15_000;

export class LeasedQueue<T extends MessageType> {
  readonly #options: LeasedQueueOptions<T>;
  #ackWaitMs: number | null = null;

  constructor(options: LeasedQueueOptions<T>) {
    this.#options = options;
  }

  /**
   * Up to `max` messages: those that are waiting, else the first that comes within `waitMs`. Empty is ordinary.
   * @throws BusError `EASEL_BUS_CONSUMER_MISSING` when the topology of the run has not been made.
   */
  async pull(max: number, waitMs: number): Promise<Leased<Messages[T]>[]> {
    const { bus, stream, consumer } = this.#options;
    const ackWaitMs = await this.#ackWait();
    const { deliveries, consumerGone } = await pull(bus, stream, consumer, max, waitMs);
    if (consumerGone) {
      // Perhaps the server is only starting; the next pull asks, and throws if it is really not there.
      this.#ackWaitMs = null;
      bus.observe({ name: "consumer_gone", level: "alarm", fields: { stream, consumer } });
    }
    const leased: Leased<Messages[T]>[] = [];
    for (const delivery of deliveries) {
      const message = await this.#read(delivery);
      if (message !== null) leased.push(this.#lease(delivery, message, ackWaitMs));
    }
    return leased;
  }

  async #ackWait(): Promise<number> {
    if (this.#ackWaitMs !== null) return this.#ackWaitMs;
    const { bus, stream, consumer } = this.#options;
    try {
      const info = await bus.jsm.consumers.info(stream, consumer);
      this.#ackWaitMs = (info.config.ack_wait ?? 30e9) / 1e6;
      return this.#ackWaitMs;
    } catch (cause) {
      if (!isServerError(cause, CONSUMER_NOT_FOUND) && !isServerError(cause, STREAM_NOT_FOUND)) throw cause;
      throw new BusError(
        "EASEL_BUS_CONSUMER_MISSING",
        `The consumer ${consumer} of stream ${stream} does not exist. Start the learner of this run first (it makes the topology), or check the run's and reward's names.`,
        { cause },
      );
    }
  }

  async #read(delivery: Delivery): Promise<Messages[T] | null> {
    try {
      return decodeMessage(this.#options.type, delivery.bytes);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#options.bus.observe({
        name: "delivery_refused",
        level: "alarm",
        fields: { subject: delivery.subject, code: error.code, reason: error.message },
      });
      if (error.code === "EASEL_PROTOCOL_UNKNOWN_VERSION") {
        // A rolling upgrade is under way: somebody of that release may be able to read it.
        delivery.nak(OTHER_VERSION_DELAY_MS);
      } else {
        await this.#options.bury(delivery, null, error.message);
        await delivery.term(error.code);
      }
      return null;
    }
  }

  #lease(delivery: Delivery, message: Messages[T], ackWaitMs: number): Leased<Messages[T]> {
    const { bus, bury, firstDeadlineMs } = this.#options;
    const lease = new Lease({
      clock: bus.clock,
      observe: bus.observe,
      what: delivery.subject,
      ackWaitMs,
      firstDeadlineMs: firstDeadlineMs ?? 60_000,
      renew: async () => {
        delivery.working();
        await bus.connection.flush();
      },
    });
    return {
      message,
      bytes: delivery.bytes,
      subject: delivery.subject,
      deliveries: delivery.position.deliveries,
      streamSequence: delivery.position.streamSequence,
      signal: lease.signal,
      inFlightFor: (ms) => lease.inFlightFor(ms),
      ack: async () => {
        lease.release();
        return await delivery.ack();
      },
      nak: (delayMs) => {
        lease.release();
        delivery.nak(delayMs);
      },
      bury: async (reason) => {
        await bury(delivery, message, reason);
        lease.release();
        await delivery.term(reason);
      },
    };
  }
}
