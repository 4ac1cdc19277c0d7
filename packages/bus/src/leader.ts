// One learner leads a run. Leadership is an epoch number, taken and renewed by compare-and-set; a holder that stays silent for a whole
// lease, measured on the watcher's own clock, is succeeded. What makes a paused old leader harmless is not this but the fences.
import type { LeaderRecord } from "@easel/protocol";
import type { Bus } from "./connect.js";
import { ControlCell } from "./control-bucket.js";
import { BusError } from "./errors.js";
import { storeFault } from "./store-full.js";

export type LeaderOptions = {
  readonly run: string;
  /** Who leads, for people to read. */
  readonly holder: string;
  /** Silence after which a leader is succeeded; 15 s unless told. */
  readonly leaseMs?: number;
  /** How long to wait for a living leader to go; one lease and a bit unless told. */
  readonly waitMs?: number;
  /** The epoch will be at least this: what a checkpoint knows, in case the bucket was lost. */
  readonly atLeastEpoch?: number;
};

export type Leadership = {
  readonly epoch: number;
  /** Aborted with `EASEL_BUS_LEADER_LOST` when another has taken over or renewing failed for a whole lease, or `EASEL_BUS_STORE_FULL`. */
  readonly signal: AbortSignal;
  /** Leaves in good order, so that a successor need not wait. */
  resign(): Promise<void>;
};

/**
 * Becomes leader of a run.
 * @throws BusError `EASEL_BUS_LEADER_HELD` when another leader is alive all the while.
 */
export async function becomeLeader(bus: Bus, options: LeaderOptions): Promise<Leadership> {
  const { run, holder, leaseMs = 15_000, atLeastEpoch = 1 } = options;
  const cell = await ControlCell.open(bus, run, "leader", "leaderRecord");
  const giveUpAt = bus.clock.nowMs() + (options.waitMs ?? leaseMs * 1.5);
  let watched = { revision: -1, since: bus.clock.nowMs() };
  for (;;) {
    const now = bus.clock.nowMs();
    const found = await cell.read();
    const revision = found?.revision ?? 0;
    if (revision !== watched.revision) watched = { revision, since: now };
    const free = found === null || found.value.holder === null || now - watched.since >= leaseMs;
    if (free) {
      const epoch = Math.max((found?.value.epoch ?? 0) + 1, atLeastEpoch);
      const record: LeaderRecord = { run, epoch, holder, beat: 0 };
      const taken = await cell.compareAndSet(record, revision);
      if (taken !== null) return keepLeading(bus, cell, record, taken, leaseMs);
      continue;
    }
    if (now >= giveUpAt) {
      throw new BusError(
        "EASEL_BUS_LEADER_HELD",
        `Run ${run} is led by ${found.value.holder} (epoch ${found.value.epoch}), which is alive. Stop it first, or start this learner under another run name.`,
      );
    }
    await bus.clock.sleep(Math.min(leaseMs / 5, Math.max(10, giveUpAt - now)));
  }
}

function keepLeading(
  bus: Bus,
  cell: ControlCell<"leaderRecord">,
  record: LeaderRecord,
  takenRevision: number,
  leaseMs: number,
): Leadership {
  const lost = new AbortController();
  const stopped = new AbortController();
  let revision = takenRevision;
  let beat = record.beat;

  const lose = (why: string, fault: BusError | null = null): void => {
    bus.observe({
      name: "leader_lost",
      level: "alarm",
      fields: { run: record.run, epoch: record.epoch, why },
    });
    lost.abort(
      fault ??
        new BusError(
          "EASEL_BUS_LEADER_LOST",
          `This learner no longer leads run ${record.run} (epoch ${record.epoch}): ${why}. It must stop; its successor goes on from the last checkpoint.`,
        ),
    );
  };

  const renew = async (): Promise<void> => {
    let renewedAt = bus.clock.nowMs();
    for (;;) {
      await bus.clock.sleep(leaseMs / 4, stopped.signal);
      if (stopped.signal.aborted) return;
      const now = bus.clock.nowMs();
      try {
        beat += 1;
        const next = await cell.compareAndSet({ ...record, beat }, revision);
        if (next === null) {
          // A renewal whose answer was lost looks like a stranger's write until the record is read.
          const found = await cell.read();
          if (found?.value.holder !== record.holder || found.value.epoch !== record.epoch) {
            lose(`${found?.value.holder ?? "nobody"} leads epoch ${found?.value.epoch ?? 0} now`);
            return;
          }
          revision = found.revision;
        } else {
          revision = next;
        }
        renewedAt = now;
      } catch (error) {
        if (bus.clock.nowMs() - renewedAt > leaseMs) {
          lose(
            `renewing failed for ${leaseMs} ms (${String((error as Error).message)})`,
            await storeFault(bus),
          );
          return;
        }
      }
    }
  };
  const renewing = renew();

  return {
    epoch: record.epoch,
    signal: lost.signal,
    resign: async () => {
      stopped.abort();
      await renewing;
      if (!lost.signal.aborted) await cell.compareAndSet({ ...record, holder: null, beat }, revision);
    },
  };
}
