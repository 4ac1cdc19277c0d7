// A restarted learner whose repeated steps give other weights, here because its optimizer's moments are not restored: the very fault that
// the promise of bit-equal repetition excludes. It is seen, named everywhere, and nothing is trained on weights that are no more.
import { join } from "node:path";
import { gatherEvidence } from "@easel/bus";
import { readMetrics } from "@easel/runs";
import { type NatsServer, startNats } from "@easel/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { closedByReason, logLines, replayDivergences, trainedLags } from "./observed-run.js";
import { RunUnderTest } from "./run-under-test.js";

const LIMIT_MS = 180_000;

let server: NatsServer;
beforeAll(async () => {
  server = await startNats();
});
afterAll(() => server.dispose());

test(
  "control: a learner that forgets its moments is seen to diverge; a new epoch begins there and the old lineage's groups are dropped by name",
  async () => {
    const run = await RunUnderTest.make(server, "diverging", [
      "learner.steps=12",
      "learner.checkpointEvery=4",
    ]);
    try {
      run.start("rollout", "rollout-1");
      run.start("reward", "reward-1");
      const first = run.start("learner", "learner", { EASEL_TEST_KILL_AT: "before-manifest@8" });
      expect((await first.exited).signal, first.output).toBe("SIGKILL");
      const second = run.start("learner", "learner", { EASEL_TEST_WITHOUT: "moments" });
      expect(await second.exited, second.output).toEqual({ code: 0, signal: null });

      // Restored at 4, made 5 again, and went its own way from there: 6 and 7 are abandoned.
      expect(await replayDivergences(run)).toEqual([5]);
      await run.expectConserved(24);
      const epochs = (await gatherEvidence(run.bus, { run: run.run })).ledger.flatMap(({ record }) =>
        record.kind === "epoch" ? [record] : [],
      );
      expect(epochs.map(({ epoch, parentEpoch, fromStep }) => [epoch, parentEpoch, fromStep])).toEqual([
        [1, null, 0],
        [2, 1, 7],
        [3, 2, 5],
      ]);
      for (const [group, lag] of await trainedLags(run)) expect(lag, group).toBeLessThanOrEqual(1);

      // Named in the ledger, in the log, in the metrics and for the report.
      const dropped = (await closedByReason(run)).abandoned_lineage ?? 0;
      expect(dropped).toBeGreaterThan(0);
      const named = (await logLines(run, "learner")).filter(({ reason }) => reason === "abandoned_lineage");
      expect(named).toHaveLength(dropped);
      expect((await run.steps()).at(-1)).toMatchObject({
        step: 12,
        epoch: 3,
        closed: { abandoned_lineage: dropped },
      });
      const { records } = await readMetrics(join(run.folder, "metrics.jsonl"));
      expect(records.flatMap((record) => (record.kind === "notice" ? [record.text] : []))).toEqual([
        expect.stringMatching(/^Step 5 .* other weights .* 2 steps .* abandoned_lineage/),
      ]);
    } finally {
      await run.dispose();
    }
  },
  LIMIT_MS,
);
