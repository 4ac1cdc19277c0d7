// kill -9 in mid-run, of each kind of process and of the learner at each point of a step: every group is accounted for, none is trained twice.
import { appendLedger, deriveConservation, gatherEvidence, weightsHead } from "@easel/bus";
import { sha256Hex } from "@easel/protocol";
import { type NatsServer, startNats } from "@easel/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { closedByReason, replayDivergences } from "./observed-run.js";
import { RunUnderTest } from "./run-under-test.js";

const LIMIT_MS = 180_000;

let server: NatsServer;
beforeAll(async () => {
  server = await startNats();
});
afterAll(() => server.dispose());

test(
  "workers killed in mid-run are replaced without a loss",
  async () => {
    const run = await RunUnderTest.make(server, "workers", ["learner.steps=6"]);
    try {
      const learner = run.start("learner", "learner");
      const rollout = run.start("rollout", "rollout-1", { EASEL_TEST_KILL_AT: "generate@2" });
      const reward = run.start("reward", "reward-1", { EASEL_TEST_KILL_AT: "judge@9" });
      expect((await rollout.exited).signal).toBe("SIGKILL");
      run.start("rollout", "rollout-1");
      expect((await reward.exited).signal).toBe("SIGKILL");
      run.start("reward", "reward-1");
      expect(await learner.exited, learner.output).toEqual({ code: 0, signal: null });
      await run.expectConserved(12);
    } finally {
      await run.dispose();
    }
  },
  LIMIT_MS,
);

const points = [
  "issue-recorded@2",
  "before-manifest@2",
  "manifest-durable@2",
  "updated@3",
  "checkpoint-written@2",
  "checkpoint-in-place@2",
  "pointer-moved@2",
  "announced@3",
];

test(
  "a learner killed at each point of a step in turn goes on without a loss, a repetition or another result",
  async () => {
    const run = await RunUnderTest.make(server, "points", ["learner.steps=24"]);
    try {
      run.start("rollout", "rollout-1");
      run.start("reward", "reward-1");
      for (const point of points) {
        const killed = run.start("learner", "learner", { EASEL_TEST_KILL_AT: point });
        expect((await killed.exited).signal, `${point}: ${killed.output}`).toBe("SIGKILL");
        // Groups are recorded and then published, one at a time and beside the steps: the one under way is all that may be
        // missing, until the next start.
        const { violations } = await run.audit();
        expect(violations.filter(({ rule }) => rule !== "lost")).toEqual([]);
        expect(new Set(violations.map(({ group }) => group)).size, JSON.stringify(violations)).toBeLessThan(
          2,
        );
      }
      const last = run.start("learner", "learner");
      expect(await last.exited, last.output).toEqual({ code: 0, signal: null });
      await run.expectConserved(48);
      // What was repeated gave the same weights: nothing was abandoned. The control is in diverging-replay.test.ts.
      expect((await run.steps()).some(({ replayed }) => replayed)).toBe(true);
      expect(await replayDivergences(run)).toEqual([]);
      expect(await closedByReason(run)).not.toHaveProperty("abandoned_lineage");
      expect((await weightsHead(run.bus, run.run))?.step).toBe(24);
    } finally {
      await run.dispose();
    }
  },
  LIMIT_MS,
);

test(
  "the audit sees a loss and a repetition when there is one",
  async () => {
    const run = await RunUnderTest.make(server, "control", ["learner.steps=2"]);
    try {
      const learner = run.start("learner", "learner");
      run.start("rollout", "rollout-1");
      run.start("reward", "reward-1");
      expect(await learner.exited, learner.output).toEqual({ code: 0, signal: null });
      await run.expectConserved(4);
      const evidence = await gatherEvidence(run.bus, { run: run.run });
      const manifest = evidence.ledger
        .map(({ record }) => record)
        .find((record) => record.kind === "manifest");
      if (manifest?.kind !== "manifest") throw new Error("no manifest");
      const closing = evidence.ledger.filter(({ record }) => record.kind === "verdict");
      const without = {
        ...evidence,
        ledger: evidence.ledger.filter((entry) => !closing.includes(entry)),
        tasks: new Set<string>(),
        slices: new Map(),
      };
      const lost = deriveConservation(without).violations.filter(({ rule }) => rule === "lost");
      expect(lost).toHaveLength(closing.length);
      await appendLedger(run.bus, { ...manifest, step: 3, policyDigest: sha256Hex("x") });
      expect((await run.audit()).violations.map(({ rule }) => rule)).toContain("trained_twice");
    } finally {
      await run.dispose();
    }
  },
  LIMIT_MS,
);
