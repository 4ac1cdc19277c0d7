// One message as a pull consumer delivers it, with its acknowledgements. The position is read from the reply subject.
import type { Msg, NatsConnection } from "@nats-io/nats-core";

export type DeliveryPosition = {
  readonly stream: string;
  readonly consumer: string;
  /** 1 at the first delivery. */
  readonly deliveries: number;
  readonly streamSequence: number;
  /** Grows by one with each delivery of the consumer; a gap means that something was lost on the way. */
  readonly consumerSequence: number;
};

/** Reads `$JS.ACK...` reply subjects of both the short and the domain form; null for any other. */
export function parseAckSubject(reply: string): DeliveryPosition | null {
  const parts = reply.split(".");
  if (parts[0] !== "$JS" || parts[1] !== "ACK") return null;
  // Short: $JS ACK stream consumer ...; long: $JS ACK domain account stream consumer ...
  const first = parts.length === 9 ? 2 : 4;
  if (parts.length < 9) return null;
  const [stream, consumer] = [parts[first], parts[first + 1]];
  const numbers = parts.slice(first + 2, first + 5).map(Number);
  const [deliveries, streamSequence, consumerSequence] = numbers;
  if (stream === undefined || consumer === undefined) return null;
  if (deliveries === undefined || streamSequence === undefined || consumerSequence === undefined) return null;
  if (!numbers.every(Number.isSafeInteger)) return null;
  return { stream, consumer, deliveries, streamSequence, consumerSequence };
}

/** A delivered message. Its bytes are a copy. */
export class Delivery {
  readonly subject: string;
  readonly bytes: Uint8Array;
  readonly position: DeliveryPosition;
  readonly #connection: NatsConnection;
  readonly #reply: string;

  constructor(connection: NatsConnection, message: Msg, reply: string, position: DeliveryPosition) {
    this.subject = message.subject;
    this.bytes = Uint8Array.from(message.data);
    this.position = position;
    this.#connection = connection;
    this.#reply = reply;
  }

  /** Done with it. Resolves true when the server confirmed; false means unknown, and a redelivery may come. */
  async ack(timeoutMs = 5_000): Promise<boolean> {
    return await this.#confirmed("+ACK", timeoutMs);
  }

  /** Give it to someone else after `delayMs`. */
  nak(delayMs = 0): void {
    this.#connection.publish(
      this.#reply,
      delayMs > 0 ? `-NAK {"delay": ${Math.round(delayMs * 1e6)}}` : "-NAK",
    );
  }

  /** Never deliver it again. */
  async term(reason: string, timeoutMs = 5_000): Promise<boolean> {
    return await this.#confirmed(`+TERM ${reason.replaceAll(/\s+/g, " ").slice(0, 200)}`, timeoutMs);
  }

  /** Still at it: starts the acknowledgement wait afresh. */
  working(): void {
    this.#connection.publish(this.#reply, "+WPI");
  }

  async #confirmed(verb: string, timeoutMs: number): Promise<boolean> {
    try {
      await this.#connection.request(this.#reply, verb, { timeout: timeoutMs });
      return true;
    } catch {
      return false;
    }
  }
}
