// Two learners make one lineage; a damaged checkpoint and lost weights do not stop a run; bad input ends with one message.
import { truncate } from "node:fs/promises";
import { join } from "node:path";
import { gatherEvidence } from "@easel/bus";
import { listCheckpoints } from "@easel/learner";
import { eventually, type NatsServer, startNats } from "@easel/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stepsAfterSuccession } from "./observed-run.js";
import { RunUnderTest } from "./run-under-test.js";

const LIMIT_MS = 180_000;

let server: NatsServer;
beforeAll(async () => {
  server = await startNats();
});
afterAll(() => server.dispose());

test(
  "a second learner waits; when the first is paused it takes over, and the first ends by name when it wakes",
  async () => {
    const run = await RunUnderTest.make(server, "two", ["learner.steps=60"]);
    try {
      // Slow, so that it is in mid-run for as long as the second takes to start and to give up.
      const first = run.start("learner", "learner-a", { EASEL_TEST_LATENCY_MS: "400" });
      run.start("rollout", "rollout-1");
      run.start("reward", "reward-1");
      await run.untilStep(2);
      const second = run.start("learner", "learner-b");
      const refused = await second.exited;
      expect(refused.code, second.output).toBe(75);
      expect(second.output).toContain("EASEL_BUS_LEADER_HELD");

      first.pause();
      const successor = run.start("learner", "learner-c");
      await run.untilStep(((await run.steps()).at(-1)?.step ?? 0) + 2);
      first.resume();
      const woken = await first.exited;
      expect(woken.code, first.output).not.toBe(0);
      expect(first.output).toMatch(
        /EASEL_(BUS_(LEADER_LOST|CHECKPOINT_CONFLICT|WEIGHTS_CONFLICT)|LEARNER_SUCCEEDED)/,
      );
      expect(await successor.exited, successor.output).toEqual({ code: 0, signal: null });
      await run.expectConserved(120);
      // It may have finished the step that it was in.
      expect(stepsAfterSuccession(await run.steps())).toBeLessThanOrEqual(1);
      const epochs = (await gatherEvidence(run.bus, { run: "two" })).ledger.filter(
        ({ record }) => record.kind === "epoch",
      );
      expect(epochs).toHaveLength(2);
    } finally {
      await run.dispose();
    }
  },
  LIMIT_MS,
);

test(
  "control: a learner that nobody tells of its successor trains on beside it, and is seen to",
  async () => {
    // Several batches are drawn ahead, so that the first finds scored groups of its own when it wakes; no checkpoint falls due, since the
    // second would sweep away what the first has half written.
    const run = await RunUnderTest.make(server, "complaisant", [
      "learner.steps=1000",
      "learner.checkpointEvery=1000",
      "grpo.maxStaleness=6",
    ]);
    try {
      const unasked = { EASEL_TEST_WITHOUT: "authority" };
      const first = run.start("learner", "learner-a", { ...unasked, EASEL_TEST_LATENCY_MS: "400" });
      run.start("rollout", "rollout-1");
      run.start("reward", "reward-1");
      await run.untilStep(2);
      first.pause();
      run.start("learner", "learner-b", unasked);
      await run.untilStep(((await run.steps()).at(-1)?.step ?? 0) + 2);
      first.resume();
      await eventually(
        "the first learner trains on",
        async () => stepsAfterSuccession(await run.steps()) > 1,
        60_000,
      );
    } finally {
      await run.dispose();
    }
  },
  LIMIT_MS,
);

test(
  "with its newest checkpoint damaged a run goes on from the one before, to the same end",
  async () => {
    const run = await RunUnderTest.make(server, "damaged", ["learner.steps=6", "learner.checkpointEvery=2"]);
    try {
      run.start("rollout", "rollout-1");
      run.start("reward", "reward-1");
      const first = run.start("learner", "learner", { EASEL_TEST_KILL_AT: "before-manifest@6" });
      expect((await first.exited).signal, first.output).toBe("SIGKILL");
      const checkpoints = join(run.folder, "checkpoints");
      const newest = (await listCheckpoints(checkpoints))[0];
      expect(newest?.step).toBe(4);
      await truncate(join(checkpoints, newest?.name ?? "", "policy.json"), 5);
      const second = run.start("learner", "learner");
      expect(await second.exited, second.output).toEqual({ code: 0, signal: null });
      expect(await run.log("learner")).toContain("passed over a damaged checkpoint");
      expect((await run.steps()).filter(({ replayed }) => replayed).map(({ step }) => step)).toEqual([
        3, 4, 5,
      ]);
      await run.expectConserved(12);
    } finally {
      await run.dispose();
    }
  },
  LIMIT_MS,
);
