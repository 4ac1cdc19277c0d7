// The broker's whole store is lost, between two starts or in mid-run: the run says so, does nothing by itself, and goes on from its last
// checkpoint when it is told to, with every group accounted for.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gatherEvidence, readLedger } from "@easel/bus";
import { listCheckpoints, readCheckpoint } from "@easel/learner";
import { eventually, type NatsServer, type SpawnedProcess, startNats } from "@easel/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RunUnderTest } from "./run-under-test.js";
import { TrainUnderTest } from "./train-under-test.js";

const LIMIT_MS = 180_000;

let store: string;
let server: NatsServer | null = null;
beforeEach(async () => {
  store = await mkdtemp(join(tmpdir(), "easel-store-"));
});
afterEach(async () => {
  await server?.dispose();
  server = null;
  await rm(store, { recursive: true, force: true });
});

/** The server comes back on the same port with nothing of what it held, and the run's own connection finds it. */
async function loseStore(lost: NatsServer, { bus }: RunUnderTest): Promise<void> {
  await lost.kill();
  await rm(store, { recursive: true, force: true });
  await lost.restart();
  await eventually("the broker answers again", async () =>
    bus.jsm.getAccountInfo().then(
      () => true,
      () => false,
    ),
  );
}

function expectOneMessage({ output }: SpawnedProcess): void {
  expect(output.trim().split("\n")).toHaveLength(1);
  expect(output).not.toMatch(/^\s+at /m);
}

test(
  "a stopped run whose broker lost everything is refused by stream identity; told to, it goes on and drops by name what was under way",
  async () => {
    server = await startNats({ storeDir: store });
    const run = await RunUnderTest.make(server, "stopped", ["learner.steps=8", "learner.checkpointEvery=3"]);
    try {
      const first = run.start("learner", "learner", { EASEL_TEST_KILL_AT: "before-manifest@6" });
      const workers = [run.start("rollout", "rollout-1"), run.start("reward", "reward-1")];
      expect((await first.exited).signal, first.output).toBe("SIGKILL");
      for (const worker of workers) await worker.stop();
      const checkpoints = join(run.folder, "checkpoints");
      const newest = (await listCheckpoints(checkpoints))[0];
      const { state } = await readCheckpoint(checkpoints, newest?.name ?? "");
      expect(state.step).toBe(3);
      expect(state.outstanding.length).toBeGreaterThan(0);
      await loseStore(server, run);

      const refused = run.start("learner", "learner");
      expect((await refused.exited).code, refused.output).toBe(1);
      expect(refused.output).toMatch(/^EASEL_LEARNER_BROKER_LOST: .*LEDGER.*--accept-lost-broker.*up to 6/);
      expectOneMessage(refused);
      expect((await readLedger(run.bus, run.run)).entries).toEqual([]);
      expect((await listCheckpoints(checkpoints))[0]).toEqual(newest);

      const accepted = run.start("learner", "learner", {}, ["--accept-lost-broker"]);
      run.start("rollout", "rollout-1");
      run.start("reward", "reward-1");
      expect(await accepted.exited, accepted.output).toEqual({ code: 0, signal: null });
      const { groups, counts } = await run.expectConserved(2 * (8 - 3));
      for (const { group } of state.outstanding)
        expect(groups.get(group)).toEqual({ state: "dropped", reason: "broker_store_lost" });
      // Admission counts what was trained before: nothing is sampled in vain.
      expect(counts.issued).toBeLessThanOrEqual(10 + state.outstanding.length + 4);
      expect((await run.steps()).map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 4, 5, 6, 7, 8]);
      const metrics = await readFile(join(run.folder, "metrics.jsonl"), "utf8");
      expect(metrics).toContain('"kind":"notice","step":3');

      // The account that began anew is kept like any other: a later start has nothing to ask.
      const again = run.start("learner", "learner");
      expect(await again.exited, again.output).toEqual({ code: 0, signal: null });
      await run.expectConserved(2 * (8 - 3));
    } finally {
      await run.dispose();
    }
  },
  LIMIT_MS,
);

test(
  "a learner that dies while it goes on after a loss is started again like any other",
  async () => {
    server = await startNats({ storeDir: store });
    const run = await RunUnderTest.make(server, "twice", ["learner.steps=5", "learner.checkpointEvery=2"]);
    try {
      const first = run.start("learner", "learner", { EASEL_TEST_KILL_AT: "before-manifest@4" });
      const workers = [run.start("rollout", "rollout-1"), run.start("reward", "reward-1")];
      expect((await first.exited).signal, first.output).toBe("SIGKILL");
      for (const worker of workers) await worker.stop();
      await loseStore(server, run);
      // Its epoch is in the ledger, its checkpoint is not in place.
      const killed = run.start("learner", "learner", { EASEL_TEST_KILL_AT: "checkpoint-written@1" }, [
        "--accept-lost-broker",
      ]);
      expect((await killed.exited).signal, killed.output).toBe("SIGKILL");
      const asked = run.start("learner", "learner");
      expect((await asked.exited).code, asked.output).toBe(1);
      expect(asked.output).toContain("EASEL_LEARNER_BROKER_LOST");
      const last = run.start("learner", "learner", {}, ["--accept-lost-broker"]);
      run.start("rollout", "rollout-1");
      run.start("reward", "reward-1");
      expect(await last.exited, last.output).toEqual({ code: 0, signal: null });
      await run.expectConserved(2 * (5 - 2));
    } finally {
      await run.dispose();
    }
  },
  LIMIT_MS,
);

test(
  "a learner whose broker comes back empty in mid-run ends by name within a minute, and its workers still stop in good order",
  async () => {
    server = await startNats({ storeDir: store });
    const run = await RunUnderTest.make(server, "midway", ["learner.steps=400"]);
    try {
      const learner = run.start("learner", "learner");
      const workers = [run.start("rollout", "rollout-1"), run.start("reward", "reward-1")];
      await run.untilStep(4);
      await loseStore(server, run);
      const startedMs = performance.now();
      expect((await learner.exited).code, learner.output).toBe(1);
      expect(performance.now() - startedMs).toBeLessThan(60_000);
      expect(learner.output).toMatch(/^EASEL_LEARNER_BROKER_LOST: .*in mid-run/);
      expectOneMessage(learner);
      // Nothing was written to an account that nobody can complete.
      expect((await gatherEvidence(run.bus, { run: run.run }).catch(() => ({ ledger: [] }))).ledger).toEqual(
        [],
      );
      for (const worker of workers) {
        // One that was publishing gives up after 30 s.
        const { code, signal } = await worker.stop(40_000);
        expect(signal, worker.output).toBeNull();
        expect([0, 75]).toContain(code);
      }
    } finally {
      await run.dispose();
    }
  },
  LIMIT_MS,
);

test(
  "`easel train` whose broker and its store go in mid-run says how to resume; resuming is refused, and goes on when it is told to",
  async () => {
    const train = await TrainUnderTest.make();
    try {
      const first = await train.start({}, ["learner.steps=400"]);
      await first.waitForOutput(/step 4: mean reward/, 60_000);
      const resume = /^run \S+ in (\S+)$/m.exec(first.output)?.[1] ?? "";
      const { pid } = JSON.parse(await readFile(join(resume, "nats", "server.json"), "utf8"));
      await rm(join(resume, "nats", "store"), {
        recursive: true,
        force: true,
        maxRetries: 20,
        retryDelay: 100,
      });
      process.kill(pid, "SIGKILL");
      expect((await first.exited).code, first.output).not.toBe(0);
      expect(first.output).toMatch(/^error: nats-server ended in mid-run/m);

      const refused = await train.start({ resume });
      expect((await refused.exited).code, refused.output).not.toBe(0);
      expect(refused.output).toMatch(/^error: .*EASEL_LEARNER_BROKER_LOST.*--accept-lost-broker/m);
      expect(refused.output).not.toMatch(/^\s+at /m);

      const steps = (await train.lastStep(resume)) + 2;
      const accepted = await train.start({ resume, acceptLostBroker: true }, [`learner.steps=${steps}`]);
      expect((await accepted.exited).code, accepted.output).toBe(0);
      const fates = train.fates(accepted);
      expect(await train.lastStep(resume)).toBe(steps);
      expect(fates).toMatchObject({ groups: { inFlight: 0, dead: {} } });
      expect(fates.notes).toEqual([expect.stringContaining("The broker's store was lost")]);
      expect(await eventually("the folder is free", () => train.isFree(resume))).toBe(true);
    } finally {
      await train.dispose();
    }
  },
  LIMIT_MS,
);
