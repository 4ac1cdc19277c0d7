// One call of the policy under a deadline. A native call that hangs cannot be stopped from here, so the deadline ends the process.
import { BusError } from "@easel/bus";
import type { RolloutSample } from "@easel/training";
import { RolloutError } from "./errors.js";
import type { RolloutOptions } from "./options.js";
import { requestsOf, type SliceWork } from "./slice-work.js";

/**
 * Draws the samples of some slices. Null when a lease was lost meanwhile: another worker has the task.
 * @throws RolloutError `EASEL_ROLLOUT_COMPUTE_DEADLINE`
 */
export async function drawSamples(
  options: RolloutOptions,
  work: readonly SliceWork[],
): Promise<readonly RolloutSample[] | null> {
  const { policy, bus, settings, log } = options;
  const sampling = work[0]?.leased.message.sampling;
  if (sampling === undefined) return [];
  const lost = AbortSignal.any(work.map(({ leased }) => leased.signal));
  for (const { leased } of work) leased.inFlightFor(settings.generateDeadlineMs);
  const { temperature, guidanceScale, textCap } = sampling;
  let cancel = (): void => {};
  const late = new Promise<never>((_resolve, reject) => {
    cancel = bus.clock.after(settings.generateDeadlineMs, () => reject(deadlinePassed(options)));
  });
  const drawing = policy.generate(requestsOf(work), { temperature, guidanceScale, textCap }, lost);
  try {
    return await Promise.race([drawing, late]);
  } catch (error) {
    if (lost.aborted && lost.reason instanceof BusError) {
      if (lost.reason.code === "EASEL_BUS_LEASE_DEADLINE") throw deadlinePassed(options);
      log.warn({ err: lost.reason }, "a lease was lost; its work is given up");
      // The call may go on for a moment, and calls of a policy must not overlap.
      await Promise.race([drawing.catch(() => null), late]);
      return null;
    }
    throw error;
  } finally {
    cancel();
    late.catch(() => {});
    drawing.catch(() => {});
  }
}

function deadlinePassed({ settings }: RolloutOptions): RolloutError {
  return new RolloutError(
    "EASEL_ROLLOUT_COMPUTE_DEADLINE",
    `Drawing took longer than ${settings.generateDeadlineMs} ms; this process ends, and its tasks go to another worker. On a slow machine use fewer rollout.slots; if a native call hung, the start that follows heals it.`,
  );
}
