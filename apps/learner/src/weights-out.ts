// Publishing weights: bytes as blobs first, then the head. Blobs of versions that nobody can ask for any more are deleted.
import { deleteDamaged } from "@easel/bus";
import { type BlobRef, sha256Hex, type WeightsManifest } from "@easel/protocol";
import type { WeightFiles } from "@easel/training";
import { brokersAuthority } from "./authority.js";
import { type LearnerContext, passing, tell } from "./learner-context.js";

/** A worker that saw an older head may still be fetching it. */
const KEPT_MANIFESTS = 3;

export class WeightsOut {
  readonly #context: LearnerContext;
  readonly #kept: WeightsManifest[] = [];

  constructor(context: LearnerContext) {
    this.#context = context;
  }

  /** Stores and announces the weights of the learner's standing. */
  async announce(weights: WeightFiles): Promise<WeightsManifest> {
    const { bus, settings, standing, weights: store, baseDigest } = this.#context;
    const { announceWeights } = this.#context.authority ?? brokersAuthority;
    const blobs: BlobRef[] = [];
    for (const [name, bytes] of weights.files) {
      // After a crash or a disk fault a blob may be there and not be whole.
      if (this.#kept.length === 0) await deleteDamaged(store, sha256Hex(bytes));
      blobs.push({ name, ...(await store.put(bytes)) });
    }
    const manifest: WeightsManifest = {
      run: settings.run,
      ...standing.policy,
      base: weights.kind === "full" ? null : baseDigest,
      kind: weights.kind,
      blobs,
    };
    await announceWeights(bus, manifest);
    await passing(this.#context, "announced", standing.step);
    this.#kept.push(manifest);
    await this.#forget();
    return manifest;
  }

  /** Digests of the blobs that someone may still ask for. */
  named(): ReadonlySet<string> {
    return new Set(this.#kept.flatMap(({ blobs }) => blobs.map(({ digest }) => digest)));
  }

  /**
   * Stores the announced weights again when a blob of them is gone: a worker removes one that is damaged, and waits. Call it only
   * while the policy is idle.
   */
  async restore(): Promise<void> {
    const { log, policy, standing, weights: store } = this.#context;
    const head = this.#kept.at(-1);
    if (head === undefined || head.digest !== standing.policy.digest) return;
    const there = await Promise.all(head.blobs.map(({ digest }) => store.has(digest)));
    if (there.every((one) => one)) return;
    for (const bytes of (await policy.exportWeights()).files.values()) await store.put(bytes);
    log.warn(
      { step: head.step, digest: head.digest },
      "stored the announced weights again; a blob was damaged or gone",
    );
    tell(this.#context, "alarm", "weights.restored", { step: head.step });
  }

  async #forget(): Promise<void> {
    while (this.#kept.length > KEPT_MANIFESTS) {
      const old = this.#kept.shift();
      const needed = this.named();
      for (const { digest } of old?.blobs ?? []) {
        if (!needed.has(digest)) await this.#context.weights.delete(digest);
      }
    }
  }
}
