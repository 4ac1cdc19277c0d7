// A rollout worker whose call never returns: it ends by name at its deadline, and another worker makes what it held.
import { type NatsServer, startNats } from "@easel/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RunUnderTest } from "./run-under-test.js";

const LIMIT_MS = 180_000;

let server: NatsServer;
beforeAll(async () => {
  server = await startNats();
});
afterAll(() => server.dispose());

test(
  "a worker whose call hangs ends by name, and its groups are made by another",
  async () => {
    // A call may take ten leases.
    const run = await RunUnderTest.make(server, "hung", ["learner.steps=4", "bus.lease=1500ms"]);
    try {
      const learner = run.start("learner", "learner");
      run.start("reward", "reward-1");
      const hung = run.start("rollout", "hung", { EASEL_TEST_HOLD: "hung" });
      await run.untilFile("held-hung");
      // It holds all there is, so the run stands still until it is given up.
      run.start("rollout", "rollout-1");
      const { code } = await hung.exited;
      expect(code, hung.output).toBe(75);
      expect(hung.output).toContain("EASEL_ROLLOUT_COMPUTE_DEADLINE");
      expect(await learner.exited, learner.output).toEqual({ code: 0, signal: null });
      await run.expectConserved(8);
    } finally {
      await run.dispose();
    }
  },
  LIMIT_MS,
);
