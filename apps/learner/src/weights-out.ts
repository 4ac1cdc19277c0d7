// Publishing weights: bytes as blobs first, then the head. Blobs of versions that nobody can ask for any more are deleted.
import { announceWeights, type BlobStore } from "@easel/bus";
import { type BlobRef, sha256Hex, type WeightsManifest } from "@easel/protocol";
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
    for (const [name, bytes] of weights.files) {
      if (this.#kept.length === 0) await removeDamaged(store, bytes);
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

/** A store takes a blob that is there for whole. After a crash or a disk fault it may not be, and nobody could ever load it. */
async function removeDamaged(store: BlobStore, bytes: Uint8Array): Promise<void> {
  const digest = sha256Hex(bytes);
  if (!(await store.has(digest))) return;
  await store.get(digest).catch(() => store.delete(digest));
}
