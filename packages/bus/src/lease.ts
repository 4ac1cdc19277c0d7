// A lease on one delivered message: renewed at a third of the acknowledgement wait while the work in flight is within its
// deadline, and given up, with an abort, when renewals fail or the deadline passes. It carries no correctness; fences do.
import type { Clock } from "./clock.js";
import { BusError } from "./errors.js";
import type { Observe } from "./notice.js";

export type LeaseOptions = {
  readonly clock: Clock;
  readonly observe: Observe;
  /** What is leased, for notices and errors. */
  readonly what: string;
  readonly ackWaitMs: number;
  /** Time for everything before the first `inFlightFor`. */
  readonly firstDeadlineMs: number;
  /** Tells the server; resolves when the message has left for sure, rejects or hangs otherwise. */
  readonly renew: () => Promise<void>;
};

export class Lease {
  /** Aborted with a BusError as reason when the lease is lost or its deadline has passed. */
  readonly signal: AbortSignal;
  readonly #abort = new AbortController();
  readonly #options: LeaseOptions;
  #inFlightUntil: number;
  #renewedAt: number;
  #cancel: () => void = () => {};

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.signal = this.#abort.signal;
    this.#renewedAt = options.clock.nowMs();
    this.#inFlightUntil = this.#renewedAt + options.firstDeadlineMs;
    this.#schedule();
  }

  /** Allows the call that starts now `ms` milliseconds; past that the lease is no longer renewed. */
  inFlightFor(ms: number): void {
    this.#inFlightUntil = this.#options.clock.nowMs() + ms;
  }

  /** Stops renewing, without an abort: the work is done or handed back. */
  release(): void {
    this.#cancel();
  }

  #schedule(): void {
    const interval = this.#options.ackWaitMs / 3;
    const due = this.#options.clock.nowMs() + interval;
    this.#cancel = this.#options.clock.after(interval, () => {
      this.#beat(due);
    });
  }

  #beat(due: number): void {
    const { clock, observe, ackWaitMs, what, renew } = this.#options;
    const now = clock.nowMs();
    const lateMs = now - due;
    if (lateMs > ackWaitMs / 3) {
      observe({ name: "lease_heartbeat_late", level: "alarm", fields: { what, lateMs: Math.round(lateMs) } });
    }
    if (now - this.#renewedAt > ackWaitMs) {
      this.#lose(
        new BusError(
          "EASEL_BUS_LEASE_LOST",
          `The lease on ${what} could not be renewed for ${Math.round(now - this.#renewedAt)} ms and another worker may have it. Check the link to the server, and that nothing blocks this process's event loop.`,
        ),
        "lease_lost",
      );
      return;
    }
    if (now > this.#inFlightUntil) {
      this.#lose(
        new BusError(
          "EASEL_BUS_LEASE_DEADLINE",
          `The work on ${what} passed its deadline. If this machine is merely slow, raise the deadline; if a native call hangs, restart the process.`,
        ),
        "lease_deadline",
      );
      return;
    }
    renew().then(
      () => {
        this.#renewedAt = Math.max(this.#renewedAt, now);
      },
      () => {
        // A renewal that did not get through shows at a later beat, as a lease that is too old.
      },
    );
    this.#schedule();
  }

  #lose(error: BusError, name: "lease_lost" | "lease_deadline"): void {
    this.#options.observe({ name, level: "alarm", fields: { what: this.#options.what } });
    this.#abort.abort(error);
  }
}
