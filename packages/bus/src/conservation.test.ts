// The conservation law as properties: random but honest histories never break it, and each kind of dishonesty does.
import {
  type EpochRecord,
  type LedgerRecord,
  makeRolloutTask,
  type RolloutTask,
  sha256Hex,
  sliceGroup,
} from "@easel/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { deriveConservation, type Evidence } from "./conservation.js";
import { orphanTasks } from "./orphan-issues.js";

const run = "run";

function task(issue: number): RolloutTask {
  return makeRolloutTask(
    {
      run,
      issue,
      promptText: "a red circle",
      promptSpec: null,
      groupSize: 4,
      slices: sliceGroup(4, 2),
      sampling: { temperature: 1, guidanceScale: 1, textCap: 4, seed: 1 },
      policy: { epoch: 1, step: 0, digest: sha256Hex("w") },
      rewards: [{ name: "pi", version: "1" }],
    },
    0,
  );
}

function manifest(epoch: number, step: number, groups: readonly string[]): LedgerRecord {
  const slices = [
    { slice: 0, trajectoryDigest: sha256Hex("t"), scores: [{ reward: "pi", digest: sha256Hex("s") }] },
  ];
  const listed = groups.map((group) => ({ group, slices }));
  return { kind: "manifest", run, epoch, step, policyDigest: sha256Hex("w"), groups: listed, atMs: 0 };
}

function verdict(
  epoch: number,
  group: string,
  reason: string,
  how: "dropped" | "dead" = "dropped",
): LedgerRecord {
  return { kind: "verdict", run, group, verdict: how, reason, epoch, step: 0, atMs: 0 };
}

function epochRecord(epoch: number, parentEpoch: number | null, fromStep: number): EpochRecord {
  return { kind: "epoch", run, epoch, parentEpoch, fromStep, holder: "h", atMs: 0 };
}

function evidence(records: readonly LedgerRecord[], seen: Partial<Omit<Evidence, "ledger">> = {}): Evidence {
  return {
    ledger: records.map((record, i) => ({ sequence: i + 1, record })),
    tasks: new Set(),
    slices: new Map(),
    scores: new Map(),
    deadLetters: new Map(),
    ...seen,
  };
}

/** Where a group's life has got to, and so what an observer finds of it. */
const stages = ["queued", "half", "sliced", "scored", "trained", "dropped", "dead", "dead_letter"] as const;

test("honest histories conserve: every issue is in exactly one state and none is lost", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...stages), { maxLength: 12 }), fc.nat(4), (lives, batch) => {
      const records: LedgerRecord[] = [epochRecord(1, null, 0)];
      const tasks = new Set<string>();
      const slices = new Map<string, Set<number>>();
      const scores = new Map<string, Set<string>>();
      const deadLetters = new Map<string, string>();
      const trainable: string[] = [];
      for (const [issue, stage] of lives.entries()) {
        const issued = task(issue);
        const { group } = issued;
        records.push({ kind: "issue", task: issued });
        if (stage === "queued" || stage === "half") tasks.add(group);
        if (stage === "half") slices.set(group, new Set([0]));
        if (stage === "sliced" || stage === "scored") slices.set(group, new Set([0, 1]));
        if (stage === "scored") scores.set(group, new Set(["0/pi", "1/pi"]));
        if (stage === "trained") trainable.push(group);
        if (stage === "dropped") records.push(verdict(1, group, "stale"));
        if (stage === "dead") records.push(verdict(1, group, "poison", "dead"));
        if (stage === "dead_letter") deadLetters.set(group, "delivered 5 times");
      }
      for (let step = 1; trainable.length > 0; step += 1) {
        records.push(manifest(1, step, trainable.splice(0, batch + 1)));
      }
      const result = deriveConservation(evidence(records, { tasks, slices, scores, deadLetters }));
      expect(result.violations).toEqual([]);
      const { issued, trained, dropped, dead, inFlight, lost } = result.counts;
      expect(issued).toBe(lives.length);
      expect(trained + dropped + dead + inFlight + lost).toBe(issued);
      expect(lost).toBe(0);
      expect(trained).toBe(lives.filter((stage) => stage === "trained").length);
      expect(orphanTasks(evidence(records, { tasks, slices, scores, deadLetters }))).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test("taking away any one place where an unfinished group was found makes exactly that group lost", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.nat(), (count, pick) => {
      const issued = Array.from({ length: count }, (_, issue) => task(issue));
      const records = issued.map((one): LedgerRecord => ({ kind: "issue", task: one }));
      const tasks = new Set(issued.map(({ group }) => group));
      const victim = issued[pick % count]!;
      tasks.delete(victim.group);
      const seen = evidence(records, { tasks });
      expect(deriveConservation(seen).violations).toMatchObject([{ rule: "lost", group: victim.group }]);
      expect(orphanTasks(seen)).toEqual([victim]);
    }),
    { numRuns: 40 },
  );
});

test("a group in two batches of one lineage is trained twice", () => {
  const one = task(1);
  const records = [
    { kind: "issue", task: one } as const,
    manifest(1, 1, [one.group]),
    manifest(1, 2, [one.group]),
  ];
  expect(deriveConservation(evidence(records)).violations).toMatchObject([
    { rule: "trained_twice", group: one.group },
  ]);
});

test("a batch beyond the point where a successor began is abandoned, and its group may be trained again", () => {
  const [a, b] = [task(1), task(2)];
  const issues = [a, b].map((one): LedgerRecord => ({ kind: "issue", task: one }));
  const records = [
    epochRecord(1, null, 0),
    ...issues,
    manifest(1, 1, [a.group]),
    manifest(1, 2, [b.group]),
    epochRecord(2, 1, 1),
    manifest(2, 2, [b.group]),
  ];
  const result = deriveConservation(evidence(records));
  expect(result.violations).toEqual([]);
  expect(result.groups.get(a.group)).toEqual({ state: "trained", epoch: 1, step: 1 });
  expect(result.groups.get(b.group)).toEqual({ state: "trained", epoch: 2, step: 2 });
});

test("an abandoned group is closed by its successor's verdict", () => {
  const one = task(1);
  const records = [
    epochRecord(1, null, 0),
    { kind: "issue", task: one } as const,
    manifest(1, 1, [one.group]),
    epochRecord(2, 1, 0),
    verdict(2, one.group, "abandoned_lineage"),
  ];
  const result = deriveConservation(evidence(records));
  expect(result.violations).toEqual([]);
  expect(result.groups.get(one.group)).toEqual({ state: "dropped", reason: "abandoned_lineage" });
});

test("what a paused learner writes after it was succeeded is void", () => {
  const one = task(1);
  const records = [
    epochRecord(1, null, 0),
    { kind: "issue", task: one } as const,
    epochRecord(2, 1, 5),
    manifest(1, 1, [one.group]),
    verdict(1, one.group, "stale"),
    manifest(2, 6, [one.group]),
  ];
  const result = deriveConservation(evidence(records));
  expect(result.violations).toEqual([]);
  expect(result.groups.get(one.group)).toEqual({ state: "trained", epoch: 2, step: 6 });
});

test("a group that is both trained and closed, or settled without an issue, is a violation", () => {
  const [a, b] = [task(1), task(2)];
  const records = [
    { kind: "issue", task: a } as const,
    manifest(1, 1, [a.group, b.group]),
    verdict(1, a.group, "stale"),
  ];
  expect(deriveConservation(evidence(records)).violations).toMatchObject([
    { rule: "trained_and_closed", group: a.group },
    { rule: "never_issued", group: b.group },
  ]);
});

test("a checkpoint that trained what no live batch holds is a violation", () => {
  const one = task(1);
  const seen = evidence([{ kind: "issue", task: one }, verdict(1, one.group, "stale")], {
    checkpointTrained: new Set([one.group]),
  });
  expect(deriveConservation(seen).violations).toMatchObject([
    { rule: "checkpoint_without_manifest", group: one.group },
  ]);
});

test("an epoch whose parent is unknown breaks the lineage", () => {
  const result = deriveConservation(evidence([epochRecord(3, 2, 10)]));
  expect(result.violations).toMatchObject([{ rule: "broken_lineage" }]);
});
