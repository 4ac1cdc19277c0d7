// Publishing weights: bytes as blobs first, then the head. Blobs of versions that nobody can ask for any more are deleted.
import { announceWeights } from "@easel/bus";
import type { BlobRef, WeightsManifest } from "@easel/protocol";
import type { WeightFiles } from "@easel/training";
import { type LearnerContext, passing } from "./learner-context.js";

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
    const blobs: BlobRef[] = [];
    for (const [name, bytes] of weights.files) blobs.push({ name, ...(await store.put(bytes)) });
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

  async #forget(): Promise<void> {
    while (this.#kept.length > KEPT_MANIFESTS) {
      const old = this.#kept.shift();
      const needed = new Set(this.#kept.flatMap(({ blobs }) => blobs.map(({ digest }) => digest)));
      for (const { digest } of old?.blobs ?? []) {
        if (!needed.has(digest)) await this.#context.weights.delete(digest);
      }
    }
  }
}
