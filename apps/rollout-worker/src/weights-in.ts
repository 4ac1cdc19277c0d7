// Keeps the newest announced weights in the policy. Bytes are checked against the manifest's digests before the policy sees them.
import { BusError, followWeights, weightsHead } from "@easel/bus";
import { comparePolicyVersions, type PolicyVersion, type WeightsManifest } from "@easel/protocol";
import { RolloutError } from "./errors.js";
import type { RolloutOptions } from "./options.js";

const POLL_MS = 250;
const TRIES = 5;

export class WeightsIn {
  readonly #options: RolloutOptions;
  #head: WeightsManifest | null = null;
  #loaded: WeightsManifest | null = null;

  constructor(options: RolloutOptions) {
    this.#options = options;
  }

  /** Digest of the weights in the policy; empty before the first. */
  get digest(): string {
    return this.#loaded?.digest ?? "";
  }

  /** Follows the head until the signal is aborted. */
  async follow(signal: AbortSignal): Promise<void> {
    for await (const head of followWeights(this.#options.bus, this.#options.settings.run, { signal }))
      this.#head = head;
  }

  /** Waits for the first weights and loads them. False when the signal was aborted before. */
  async first(signal: AbortSignal): Promise<boolean> {
    const { bus, settings } = this.#options;
    const giveUpAt = bus.clock.nowMs() + settings.weightsDeadlineMs;
    while (!signal.aborted) {
      this.#head ??= await weightsHead(bus, settings.run);
      if (this.#head !== null) {
        await this.newest();
        return true;
      }
      if (bus.clock.nowMs() > giveUpAt) {
        throw new RolloutError(
          "EASEL_ROLLOUT_NO_WEIGHTS",
          `Run ${settings.run} announced no weights for ${settings.weightsDeadlineMs} ms. Start its learner, or correct the run's name.`,
        );
      }
      await bus.clock.sleep(POLL_MS, signal);
    }
    return false;
  }

  /** Loads the newest weights, at least as new as `atLeast`. */
  async newest(atLeast?: PolicyVersion): Promise<void> {
    const { bus, settings, log } = this.#options;
    for (let tries = 1; ; tries += 1) {
      const behind =
        atLeast !== undefined && (this.#head === null || comparePolicyVersions(this.#head, atLeast) < 0);
      if (behind || tries > 1) this.#head = await weightsHead(bus, settings.run);
      const head = this.#head;
      if (head === null) return;
      try {
        if (head.digest !== this.#loaded?.digest) await this.#load(head);
        this.#loaded = head;
        return;
      } catch (error) {
        // The head moved on while its blobs were fetched, and the old ones were deleted.
        const missing = error instanceof BusError && error.code === "EASEL_BUS_BLOB_MISSING";
        if (!missing || tries >= TRIES) throw error;
        log.info({ step: head.step, tries }, "these weights are gone; looking for newer ones");
        await bus.clock.sleep(POLL_MS);
      }
    }
  }

  async #load(head: WeightsManifest): Promise<void> {
    const { policy, weights, log, bus } = this.#options;
    const startedMs = bus.clock.nowMs();
    const files = new Map<string, Uint8Array>();
    for (const blob of head.blobs) files.set(blob.name, await weights.get(blob.digest));
    await policy.load({ digest: head.digest, kind: head.kind === "lora" ? "lora" : "full", files });
    const ms = Math.round(bus.clock.nowMs() - startedMs);
    log.info({ epoch: head.epoch, step: head.step, digest: head.digest, ms }, "weights loaded");
  }
}
