// Sweeping the blob stores: pictures that no trajectory names, weights that nobody can ask for, and what a killed writer left behind.
// Something that is seen unnamed twice, longer apart than any write takes, is removed; nobody's clock but the learner's is asked.
import type { BlobStore } from "@easel/bus";
import type { LearnerContext } from "./learner-context.js";

export type SweepTarget = {
  readonly store: BlobStore;
  /** Asked after the store was listed, so that what was named meanwhile is seen. */
  readonly named: () => ReadonlySet<string>;
};

export type Swept = { readonly blobs: number; readonly leftovers: number };

export class BlobSweep {
  readonly #target: SweepTarget;
  readonly #graceMs: number;
  readonly #seen = { blobs: new Map<string, number>(), leftovers: new Map<string, number>() };

  constructor(target: SweepTarget, graceMs: number) {
    this.#target = target;
    this.#graceMs = graceMs;
  }

  /** One pass. Removes what an earlier pass saw at least the grace before `nowMs`, and remembers the rest. */
  async pass(nowMs: number): Promise<Swept> {
    const { store, named } = this.#target;
    const listed: string[] = [];
    for await (const { digest } of store.list()) listed.push(digest);
    const needed = named();
    const blobs = await this.#remove(
      this.#seen.blobs,
      listed.filter((digest) => !needed.has(digest)),
      nowMs,
      async (digest) => void (await store.delete(digest)),
    );
    const leftovers = await this.#remove(this.#seen.leftovers, await store.leftovers(), nowMs, (name) =>
      store.removeLeftover(name),
    );
    return { blobs, leftovers };
  }

  async #remove(
    seen: Map<string, number>,
    found: readonly string[],
    nowMs: number,
    remove: (name: string) => Promise<void>,
  ): Promise<number> {
    const present = new Set(found);
    for (const name of seen.keys()) if (!present.has(name)) seen.delete(name);
    let removed = 0;
    for (const name of found) {
      const since = seen.get(name);
      if (since === undefined) seen.set(name, nowMs);
      else if (nowMs - since >= this.#graceMs) {
        await remove(name);
        seen.delete(name);
        removed += 1;
      }
    }
    return removed;
  }
}

/** Sweeps now and then until the signal is aborted. A sweep that fails is tried again; nothing waits for it. */
export async function keepSwept(
  context: LearnerContext,
  weightsNamed: () => ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  const { bus, settings, images, weights, log } = context;
  const graceMs = settings.orphanGraceMs;
  const sweeps = {
    pictures: new BlobSweep({ store: images, named: () => picturesNamed(context) }, graceMs),
    weights: new BlobSweep({ store: weights, named: weightsNamed }, graceMs),
  };
  while (!signal.aborted) {
    for (const [what, sweep] of Object.entries(sweeps)) {
      try {
        const swept = await sweep.pass(bus.clock.nowMs());
        if (swept.blobs + swept.leftovers > 0) log.info({ what, ...swept }, "swept blobs that nobody names");
      } catch (error) {
        log.warn({ what, err: error }, "sweeping blobs failed; it is tried again");
      }
    }
    await bus.clock.sleep(graceMs / 2, signal);
  }
}

/** Of all groups that have not ended. */
function picturesNamed({ book }: LearnerContext): ReadonlySet<string> {
  const named = new Set<string>();
  for (const { group } of book.open()) {
    for (const { samples } of book.trajectoriesOf(group)) {
      for (const { imageDigest } of samples) named.add(imageDigest);
    }
  }
  return named;
}
