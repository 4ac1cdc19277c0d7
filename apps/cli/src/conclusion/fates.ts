// What became of a run's groups and samples, out of its ledger: nobody's counters are trusted.
import { connectBus, deriveConservation, type Evidence, gatherEvidence } from "@easel/bus";
import type { Fates } from "@easel/runs";

/** Fates of groups and of their samples, and what a reader of them must know. */
export type RunFates = {
  readonly groups: Fates;
  readonly samples: Fates;
  readonly notes: readonly string[];
};

/** Reads them from the broker. Processes of the run may still go on. */
export async function readFates(url: string, run: string): Promise<RunFates> {
  const bus = await connectBus({ servers: url, name: `${run}/conclusion` });
  try {
    return fatesOf(await gatherEvidence(bus, { run }));
  } finally {
    await bus.close();
  }
}

/** Derives them. A group that is found nowhere counts as dead with the reason `lost`, and is noted. */
export function fatesOf(evidence: Evidence): RunFates {
  const { groups, violations } = deriveConservation(evidence);
  const sizes = new Map<string, number>();
  for (const { record } of evidence.ledger) {
    if (record.kind === "issue") sizes.set(record.task.group, record.task.groupSize);
  }
  const count = (size: (group: string) => number): Fates => {
    const counts = { issued: 0, trained: 0, inFlight: 0 };
    const dropped: Record<string, number> = {};
    const dead: Record<string, number> = {};
    const add = (counted: Record<string, number>, reason: string, amount: number): void => {
      counted[reason] = (counted[reason] ?? 0) + amount;
    };
    for (const [group, state] of groups) {
      const amount = size(group);
      counts.issued += amount;
      if (state.state === "trained") counts.trained += amount;
      if (state.state === "in_flight") counts.inFlight += amount;
      if (state.state === "dropped") add(dropped, state.reason, amount);
      if (state.state === "dead") add(dead, state.reason, amount);
      if (state.state === "lost") add(dead, "lost", amount);
    }
    return { ...counts, dropped, dead };
  };
  return {
    groups: count(() => 1),
    samples: count((group) => sizes.get(group) ?? 0),
    notes: [
      ...begunAnew(evidence),
      ...(violations.length === 0
        ? []
        : [
            `The ledger breaks the law that every group ends once, in ${violations.length} places; the first: ${violations[0]?.rule}, ${violations[0]?.detail}. Numbers of groups are not to be trusted.`,
          ]),
    ],
  };
}

/** A ledger that begins at a later step followed on one that was lost. */
function begunAnew({ ledger }: Evidence): string[] {
  const steps = ledger.flatMap(({ record }) =>
    record.kind === "epoch" && record.parentEpoch === null && record.fromStep > 0 ? [record.fromStep] : [],
  );
  return steps.map(
    (step) =>
      `The broker's store was lost and the run went on from step ${step}; groups of earlier steps are in its archive and not in these counts.`,
  );
}
