// Keeps the newest announced weights in the policy. Bytes are checked against the manifest's digests before the policy sees them; what is
// damaged is refused, removed, and waited for until the learner has stored it again.
import { BusError, deleteDamaged, followWeights, publishEvent, weightsHead } from "@easel/bus";
import { comparePolicyVersions, type PolicyVersion, type WeightsManifest } from "@easel/protocol";
import { RolloutError } from "./errors.js";
import type { RolloutOptions } from "./options.js";

const POLL_MS = 250;
/** A task may name weights that are announced a moment later. Their learner may also have died before: then any others will do. */
const NOT_YET_MS = 10_000;
const NOT_YET_POLL_MS = 20;

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
      if (this.#head !== null) return await this.newest();
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

  /**
   * Loads the newest weights, having waited a while for ones as new as `atLeast`. False when the worker is to stop before they can be had.
   * @param onWait called before each wait, to keep leases alive
   * @throws RolloutError `EASEL_ROLLOUT_WEIGHTS_UNREADABLE` when they stay damaged or gone.
   */
  async newest(atLeast?: PolicyVersion, onWait: (ms: number) => void = () => {}): Promise<boolean> {
    const { bus, settings, log, signal } = this.#options;
    const giveUpAt = bus.clock.nowMs() + settings.weightsDeadlineMs;
    if (atLeast !== undefined) await this.#catchUp(atLeast, onWait);
    for (let tries = 1; ; tries += 1) {
      if (tries > 1) this.#head = await weightsHead(bus, settings.run);
      const head = this.#head;
      if (head === null) return true;
      try {
        if (head.digest !== this.#loaded?.digest) await this.#load(head);
        this.#loaded = head;
        return true;
      } catch (error) {
        // Gone: the head moved on while its blobs were fetched, or someone else removed a damaged one.
        if (!(error instanceof BusError) || !mayHeal.has(error.code)) throw error;
        if (signal.aborted) return false;
        if (bus.clock.nowMs() > giveUpAt) throw unreadable(head, settings.weightsDeadlineMs, error);
        if (tries === 1)
          log.warn({ step: head.step, err: error }, "these weights cannot be had; waiting for whole ones");
        onWait(POLL_MS);
        await bus.clock.sleep(POLL_MS, signal);
      }
    }
  }

  /** Waits until the head is at least as new as `atLeast`, or for a while. Sampling with older weights would waste the samples. */
  async #catchUp(atLeast: PolicyVersion, onWait: (ms: number) => void): Promise<void> {
    const { bus, settings, signal, log } = this.#options;
    const giveUpAt = bus.clock.nowMs() + NOT_YET_MS;
    while (!this.#isAtLeast(atLeast)) {
      this.#head = await weightsHead(bus, settings.run);
      if (this.#isAtLeast(atLeast) || signal.aborted) return;
      if (bus.clock.nowMs() > giveUpAt) {
        log.warn({ asked: atLeast.step, newest: this.#head?.step ?? null }, "drawing with older weights");
        return;
      }
      onWait(NOT_YET_POLL_MS);
      await bus.clock.sleep(NOT_YET_POLL_MS, signal);
    }
  }

  #isAtLeast(version: PolicyVersion): boolean {
    return this.#head !== null && comparePolicyVersions(this.#head, version) >= 0;
  }

  async #load(head: WeightsManifest): Promise<void> {
    const { policy, log, bus } = this.#options;
    const startedMs = bus.clock.nowMs();
    const files = new Map<string, Uint8Array>();
    for (const { name, digest } of head.blobs) files.set(name, await this.#bytesOf(digest, head));
    await policy.load({ digest: head.digest, kind: head.kind === "lora" ? "lora" : "full", files });
    const ms = Math.round(bus.clock.nowMs() - startedMs);
    log.info({ epoch: head.epoch, step: head.step, digest: head.digest, ms }, "weights loaded");
  }

  /** The learner looks whether its blobs are there, not whether they are whole: so a damaged one is removed. */
  async #bytesOf(digest: string, { step }: WeightsManifest): Promise<Uint8Array> {
    const { weights, log, bus, settings } = this.#options;
    try {
      return await weights.get(digest);
    } catch (error) {
      if (error instanceof BusError && error.code === "EASEL_BUS_BLOB_CORRUPT") {
        log.error({ err: error, step }, "refused damaged weights");
        publishEvent(bus, {
          run: settings.run,
          kind: "alarm",
          source: settings.worker,
          name: "weights.damaged",
          atMs: bus.clock.wallMs(),
          data: { step, digest },
        });
        await deleteDamaged(weights, digest);
      }
      throw error;
    }
  }
}

const mayHeal: ReadonlySet<BusError["code"]> = new Set<BusError["code"]>([
  "EASEL_BUS_BLOB_MISSING",
  "EASEL_BUS_BLOB_CORRUPT",
  "EASEL_BUS_BLOB_STALLED",
]);

function unreadable({ step }: WeightsManifest, waitedMs: number, cause: BusError): RolloutError {
  return new RolloutError(
    "EASEL_ROLLOUT_WEIGHTS_UNREADABLE",
    `The weights of step ${step} could not be had whole for ${waitedMs} ms: ${cause.message} The learner stores them again while it waits for samples: see whether it lives and uses the same blob store.`,
    { cause },
  );
}
