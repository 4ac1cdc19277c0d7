// Reading a stream in order from a position that the reader keeps itself. Nothing is acknowledged, so nothing is redelivered and
// no limit on unacknowledged messages applies. A stream that was deleted and made anew is refused, not waited upon.
import { AckPolicy, DeliverPolicy } from "@nats-io/jetstream";
import type { Bus } from "./connect.js";
import { BusError } from "./errors.js";
import { pull } from "./pull.js";
import { identityOf } from "./stream-identity.js";
import { isServerError } from "./topology.js";

/** A position that a checkpoint can hold. */
export type CursorState = {
  readonly stream: string;
  /** Creation time of the stream: its identity. A recreated stream has another. */
  readonly createdAt: string;
  /** Last stream sequence that was read; 0 before the first. */
  readonly sequence: number;
};

export type CursorEntry = { readonly sequence: number; readonly subject: string; readonly bytes: Uint8Array };

export type CursorOptions = {
  readonly stream: string;
  readonly filter: string;
  /** Where to go on; from the beginning unless told. */
  readonly resume?: CursorState;
  /** Reads message by message without a consumer; for work queues, which allow no second consumer. */
  readonly byGet?: boolean;
};

const CONSUMER_NOT_FOUND = 10014;
const NO_MESSAGE_FOUND = 10037;
/** An unused consumer of ours disappears by itself after this time. */
const INACTIVE_NANOS = 60e9;

export class StreamCursor {
  readonly #bus: Bus;
  readonly #options: CursorOptions;
  readonly #createdAt: string;
  #sequence: number;
  #consumer: { readonly name: string; delivered: number } | null = null;

  private constructor(bus: Bus, options: CursorOptions, createdAt: string) {
    this.#bus = bus;
    this.#options = options;
    this.#createdAt = createdAt;
    this.#sequence = options.resume?.sequence ?? 0;
  }

  /**
   * @throws BusError `EASEL_BUS_STREAM_REPLACED` when the stream is not the one that the resumed state speaks of.
   */
  static async open(bus: Bus, options: CursorOptions): Promise<StreamCursor> {
    const createdAt = await identityOf(bus, options.stream);
    if (options.resume !== undefined && options.resume.createdAt !== createdAt) {
      throw replaced(options.stream, options.resume.createdAt, createdAt);
    }
    return new StreamCursor(bus, options, createdAt);
  }

  /** The position after everything that was read so far. */
  get state(): CursorState {
    return { stream: this.#options.stream, createdAt: this.#createdAt, sequence: this.#sequence };
  }

  /** Up to `max` next messages: those that are there, else what comes within `waitMs`. */
  async read(max: number, waitMs: number): Promise<CursorEntry[]> {
    if (this.#options.byGet === true) return await this.#readByGet(max);
    const consumer = this.#consumer ?? (await this.#startConsumer());
    const { deliveries, consumerGone } = await pull(
      this.#bus,
      this.#options.stream,
      consumer.name,
      max,
      waitMs,
    );
    const entries: CursorEntry[] = [];
    for (const delivery of deliveries) {
      const { consumerSequence, streamSequence } = delivery.position;
      if (consumerSequence !== consumer.delivered + 1) {
        // Something was sent and did not arrive: go back to the last message that did.
        this.#restart("gap");
        return entries;
      }
      consumer.delivered = consumerSequence;
      this.#sequence = streamSequence;
      entries.push({ sequence: streamSequence, subject: delivery.subject, bytes: delivery.bytes });
    }
    if (consumerGone) this.#restart("consumer gone");
    else if (entries.length === 0 && waitMs > 0) await this.#checkConsumer(consumer.name);
    return entries;
  }

  /** Everything up to what is the last message now. */
  async readAll(): Promise<CursorEntry[]> {
    const last = (await this.#bus.jsm.streams.info(this.#options.stream)).state.last_seq;
    const all: CursorEntry[] = [];
    for (;;) {
      const before = this.#sequence;
      const entries = await this.read(256, 0);
      all.push(...entries);
      if (this.#sequence >= last) return all;
      if (entries.length === 0 && this.#sequence === before && (await this.#remaining()) === 0) return all;
    }
  }

  /** Removes the server's side of it. The cursor may be used again afterwards. */
  async close(): Promise<void> {
    const consumer = this.#consumer;
    this.#consumer = null;
    if (consumer === null) return;
    try {
      await this.#bus.jsm.consumers.delete(this.#options.stream, consumer.name);
    } catch {
      // It goes by itself after a minute without use.
    }
  }

  async #startConsumer(): Promise<{ readonly name: string; delivered: number }> {
    const { stream, filter } = this.#options;
    const createdAt = await identityOf(this.#bus, stream);
    if (createdAt !== this.#createdAt) throw replaced(stream, this.#createdAt, createdAt);
    const info = await this.#bus.jsm.consumers.add(stream, {
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: this.#sequence + 1,
      filter_subject: filter,
      inactive_threshold: INACTIVE_NANOS,
      mem_storage: true,
      num_replicas: 1,
    });
    this.#consumer = { name: info.name, delivered: 0 };
    return this.#consumer;
  }

  #restart(why: string): void {
    this.#consumer = null;
    this.#bus.observe({
      name: "cursor_restarted",
      level: "info",
      fields: { stream: this.#options.stream, sequence: this.#sequence, why },
    });
  }

  /** A silent pull may mean an idle stream, or a consumer that is no more, or messages that were lost on the way. */
  async #checkConsumer(name: string): Promise<void> {
    try {
      const info = await this.#bus.jsm.consumers.info(this.#options.stream, name);
      if (info.delivered.consumer_seq !== (this.#consumer?.delivered ?? 0)) this.#restart("lost on the way");
    } catch (error) {
      if (!isServerError(error, CONSUMER_NOT_FOUND)) throw error;
      this.#restart("consumer gone");
    }
  }

  async #remaining(): Promise<number> {
    const { stream } = this.#options;
    if (this.#options.byGet === true || this.#consumer === null) return this.#options.byGet === true ? 0 : 1;
    const { name, delivered } = this.#consumer;
    const info = await this.#bus.jsm.consumers.info(stream, name);
    if (info.delivered.consumer_seq !== delivered) {
      this.#restart("lost on the way");
      return 1;
    }
    return info.num_pending;
  }

  async #readByGet(max: number): Promise<CursorEntry[]> {
    const { stream, filter } = this.#options;
    const entries: CursorEntry[] = [];
    while (entries.length < max) {
      try {
        const query = { seq: this.#sequence + 1, next_by_subj: filter };
        const message = await this.#bus.jsm.streams.getMessage(stream, query);
        if (message === null) return entries;
        this.#sequence = message.seq;
        entries.push({
          sequence: message.seq,
          subject: message.subject,
          bytes: Uint8Array.from(message.data),
        });
      } catch (error) {
        if (isServerError(error, NO_MESSAGE_FOUND)) return entries;
        throw error;
      }
    }
    return entries;
  }
}

function replaced(stream: string, before: string, now: string): BusError {
  return new BusError(
    "EASEL_BUS_STREAM_REPLACED",
    `The stream ${stream} was created at ${now}, but the position to resume from belongs to the one of ${before}. The broker's store was lost or replaced: start the learner with recovery from its checkpoint, which issues outstanding groups again.`,
  );
}
