// Every wait has a name and a deadline. A process keeps its waits here, and its state event carries the list.
import type { Clock } from "./clock.js";
import { BusError } from "./errors.js";

export type Wait = { readonly name: string; readonly waitedMs: number; readonly leftMs: number };

export class Waits {
  readonly #clock: Clock;
  readonly #open = new Map<
    symbol,
    { readonly name: string; readonly since: number; readonly until: number }
  >();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What is being waited for now, longest first. */
  list(): Wait[] {
    const now = this.#clock.nowMs();
    return [...this.#open.values()]
      .map(({ name, since, until }) => ({ name, waitedMs: now - since, leftMs: until - now }))
      .sort((a, b) => b.waitedMs - a.waitedMs);
  }

  /**
   * Runs a wait under its name. The signal given to it is aborted at the deadline.
   * @throws BusError `EASEL_BUS_WAIT_DEADLINE` naming the wait, whether or not the work heeds the signal.
   */
  async wait<T>(name: string, deadlineMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const key = Symbol(name);
    const since = this.#clock.nowMs();
    this.#open.set(key, { name, since, until: since + deadlineMs });
    const abort = new AbortController();
    let cancel = (): void => {};
    const late = new Promise<never>((_resolve, reject) => {
      cancel = this.#clock.after(deadlineMs, () => {
        const error = new BusError(
          "EASEL_BUS_WAIT_DEADLINE",
          `Waited ${deadlineMs} ms for ${name} in vain. Look with "easel status" at who should provide it.`,
        );
        abort.abort(error);
        reject(error);
      });
    });
    try {
      return await Promise.race([work(abort.signal), late]);
    } finally {
      cancel();
      this.#open.delete(key);
    }
  }
}
