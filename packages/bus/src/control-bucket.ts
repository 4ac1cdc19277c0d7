// Small facts that change, each under one key of the control bucket, changed only by compare-and-set on the revision.

import { checkName, decodeMessage, encodeMessage, type Messages, type MessageType } from "@easel/protocol";
import { type KV, Kvm } from "@nats-io/kv";
import { TimeoutError } from "@nats-io/nats-core";
import type { Bus } from "./connect.js";
import { BusError } from "./errors.js";
import { isStoreFull, storeFull } from "./store-full.js";
import { CONTROL_BUCKET } from "./stream-definitions.js";
import { isServerError } from "./topology.js";

export type ControlKey = "leader" | "checkpoint" | "weights";

export type ControlEntry<M> = { readonly value: M; readonly revision: number };

const WRONG_LAST_SEQUENCE = 10071;

/** One typed key of a run in the control bucket. */
export class ControlCell<T extends MessageType> {
  readonly #kv: KV;
  readonly #key: string;
  readonly #type: T;

  private constructor(kv: KV, key: string, type: T) {
    this.#kv = kv;
    this.#key = key;
    this.#type = type;
  }

  static async open<T extends MessageType>(
    bus: Bus,
    run: string,
    key: ControlKey,
    type: T,
  ): Promise<ControlCell<T>> {
    const kv = await new Kvm(bus.js).open(CONTROL_BUCKET, { allow_direct: false });
    return new ControlCell(kv, `${checkName("run", run)}.${key}`, type);
  }

  async read(): Promise<ControlEntry<Messages[T]> | null> {
    const entry = await this.#kv.get(this.#key);
    if (entry === null || entry.operation !== "PUT") return null;
    return { value: decodeMessage(this.#type, entry.value), revision: entry.revision };
  }

  /** Writes if nothing was written since `revision` (0: never). Null when something was. */
  async compareAndSet(value: Messages[T], revision: number): Promise<number | null> {
    try {
      const bytes = encodeMessage(this.#type, value);
      return revision === 0
        ? await this.#kv.create(this.#key, bytes)
        : await this.#kv.update(this.#key, bytes, revision);
    } catch (error) {
      if (isServerError(error, WRONG_LAST_SEQUENCE)) return null;
      if (isStoreFull(error)) throw storeFull(error);
      if (error instanceof TimeoutError) throw unanswered(this.#key, error);
      throw error;
    }
  }

  /** Calls back at each change until the signal is aborted; may miss some, so poll beside it. */
  async onChange(callback: () => void, signal: AbortSignal): Promise<void> {
    const watcher = await this.#kv.watch({ key: this.#key });
    signal.addEventListener("abort", () => watcher.stop(), { once: true });
    if (signal.aborted) watcher.stop();
    for await (const _entry of watcher) callback();
  }
}

function unanswered(key: string, cause: Error): BusError {
  return new BusError(
    "EASEL_BUS_PUBLISH_UNKNOWN",
    `No answer to the change of ${key} in the control bucket. Check the server's log for write errors and its disk for space; a restart of the server heals a failed sync.`,
    { cause },
  );
}
