// The weights head of a run: announced by the learner by compare-and-set, in (epoch, step) order only; pulled by any worker at any
// time. The bytes are blobs and are there before the announcement.
import { comparePolicyVersions, type WeightsManifest } from "@easel/protocol";
import type { Bus } from "./connect.js";
import { ControlCell } from "./control-bucket.js";
import { BusError } from "./errors.js";

/** Newest announced weights, or null before the first announcement. */
export async function weightsHead(bus: Bus, run: string): Promise<WeightsManifest | null> {
  const cell = await ControlCell.open(bus, run, "weights", "weightsManifest");
  return (await cell.read())?.value ?? null;
}

/**
 * Makes a manifest the head. Announcing what is the head already changes nothing.
 * @throws BusError `EASEL_BUS_WEIGHTS_CONFLICT` when the head is newer, or is the same step with another digest.
 */
export async function announceWeights(
  bus: Bus,
  manifest: WeightsManifest,
): Promise<"announced" | "already_head"> {
  const cell = await ControlCell.open(bus, manifest.run, "weights", "weightsManifest");
  for (;;) {
    const head = await cell.read();
    const order = head === null ? 1 : comparePolicyVersions(manifest, head.value);
    if (head !== null && order <= 0) {
      if (order === 0 && head.value.digest === manifest.digest) return "already_head";
      throw new BusError(
        "EASEL_BUS_WEIGHTS_CONFLICT",
        `Weights (epoch ${manifest.epoch}, step ${manifest.step}) cannot follow the announced (epoch ${head.value.epoch}, step ${head.value.step}). Another learner is ahead, or a restart must begin a new epoch.`,
      );
    }
    if ((await cell.compareAndSet(manifest, head?.revision ?? 0)) !== null) return "announced";
  }
}

export type FollowOptions = {
  readonly signal: AbortSignal;
  /** Upper bound on how long a missed change stays unnoticed; 5 s unless told. */
  readonly pollMs?: number;
};

/** Each newer head, beginning with the present one, until the signal is aborted. Intermediate ones may be skipped. */
export async function* followWeights(
  bus: Bus,
  run: string,
  options: FollowOptions,
): AsyncGenerator<WeightsManifest, void, undefined> {
  const { signal, pollMs = 5_000 } = options;
  const cell = await ControlCell.open(bus, run, "weights", "weightsManifest");
  let wake = new AbortController();
  const watching = cell.onChange(() => wake.abort(), signal).catch(() => {});
  let last: WeightsManifest | null = null;
  while (!signal.aborted) {
    wake = new AbortController();
    const head = (await cell.read())?.value ?? null;
    if (head !== null && (last === null || comparePolicyVersions(head, last) > 0)) {
      last = head;
      yield head;
      continue;
    }
    await bus.clock.sleep(pollMs, AbortSignal.any([signal, wake.signal]));
  }
  await watching;
}
