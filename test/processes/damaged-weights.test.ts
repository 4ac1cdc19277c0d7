// Weights that are damaged on the disk in mid-run are refused by digest, stored again by the learner, and never sampled from.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { weightsHead } from "@easel/bus";
import { eventually, type NatsServer, startNats } from "@easel/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RunUnderTest } from "./run-under-test.js";

const LIMIT_MS = 180_000;
/** Nothing is sampled ahead, so the weights of every step follow from the seed. */
const onPolicy = ["grpo.maxStaleness=0", "learner.steps=5"];

let server: NatsServer;
beforeAll(async () => {
  server = await startNats();
});
afterAll(() => server.dispose());

/** Flips a byte of each blob of the announced weights; names and sizes stay. */
async function damageWeights(run: RunUnderTest): Promise<string> {
  const head = await eventually(
    "weights are announced",
    () => weightsHead(run.bus, run.run).catch(() => null),
    30_000,
  );
  for (const { digest } of head.blobs) {
    const path = join(run.folder, "blobs", "weights", "sha256", digest.slice(0, 2), digest);
    const bytes = await readFile(path);
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    await writeFile(path, bytes);
  }
  return head.digest;
}

async function finalWeights(run: RunUnderTest): Promise<string> {
  return (await weightsHead(run.bus, run.run))?.digest ?? "";
}

test(
  "damaged weights are refused by every worker, the learner stores them again, and the run ends with the weights that it would have had",
  async () => {
    const whole = await RunUnderTest.make(server, "undamaged", onPolicy);
    const damaged = await RunUnderTest.make(server, "damaged-weights", onPolicy);
    try {
      const learners = [whole, damaged].map((run) => run.start("learner", "learner"));
      // Before any worker has loaded them.
      await damageWeights(damaged);
      whole.start("rollout", "rollout-1");
      const first = damaged.start("rollout", "rollout-1", { EASEL_TEST_KILL_AT: "generate@3" });
      for (const run of [whole, damaged]) run.start("reward", "reward-1");
      expect((await first.exited).signal, first.output).toBe("SIGKILL");
      // In mid-run, before the two workers that take over have loaded them.
      await damageWeights(damaged);
      damaged.start("rollout", "rollout-2");
      damaged.start("rollout", "rollout-3");
      for (const learner of learners)
        expect(await learner.exited, learner.output).toEqual({ code: 0, signal: null });

      expect(await damaged.log("rollout-1")).toContain("EASEL_BUS_BLOB_CORRUPT");
      // The first of the two to see the damage removes it; the other may find nothing there.
      const later = (await damaged.log("rollout-2")) + (await damaged.log("rollout-3"));
      expect(later).toContain("EASEL_BUS_BLOB_CORRUPT");
      expect(await damaged.log("learner")).toContain("stored the announced weights again");
      expect((await damaged.expectConserved(10)).counts).toMatchObject({ dropped: 0, dead: 0 });
      expect(await finalWeights(damaged)).toBe(await finalWeights(whole));
    } finally {
      await whole.dispose();
      await damaged.dispose();
    }
  },
  LIMIT_MS,
);

test(
  "a worker that waits for whole weights and is told to stop does so, and its task is not used up",
  async () => {
    const run = await RunUnderTest.make(server, "waiting", ["learner.steps=2"]);
    try {
      const learner = run.start("learner", "learner");
      await damageWeights(run);
      learner.pause();
      const worker = run.start("rollout", "rollout-1");
      await eventually(
        "it waits",
        async () => (await run.log("rollout-1")).includes("waiting for whole ones"),
        30_000,
      );
      expect(await worker.stop(10_000), worker.output).toEqual({ code: 0, signal: null });
      learner.resume();
      run.start("rollout", "rollout-1");
      run.start("reward", "reward-1");
      await learner.exited;
      const last = run.start("learner", "learner");
      expect(await last.exited, last.output).toEqual({ code: 0, signal: null });
      expect((await run.expectConserved(4)).counts.dead).toBe(0);
    } finally {
      await run.dispose();
    }
  },
  LIMIT_MS,
);
