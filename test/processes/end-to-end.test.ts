// A whole run with real processes: it learns, accounts for every group, and leaves what a run's folder should hold.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkpointPointer, streamNames } from "@easel/bus";
import { readArchive, readArchiveIndex } from "@easel/learner";
import { subjects } from "@easel/protocol";
import { type NatsServer, startNats } from "@easel/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RunUnderTest } from "./run-under-test.js";

let server: NatsServer;
beforeAll(async () => {
  server = await startNats();
});
afterAll(() => server.dispose());

test("a run with two rollout workers trains to its end and accounts for every group", async () => {
  const run = await RunUnderTest.make(server, "whole");
  try {
    const learner = run.start("learner", "learner");
    const workers = [
      run.start("rollout", "rollout-1"),
      run.start("rollout", "rollout-2"),
      run.start("reward", "reward-1"),
    ];
    expect(await learner.exited, learner.output).toEqual({ code: 0, signal: null });
    for (const worker of workers)
      expect(await worker.stop(), worker.output).toEqual({ code: 0, signal: null });

    const { counts } = await run.expectConserved(16);
    expect(counts.issued).toBe(counts.trained + counts.dropped);
    const steps = await run.steps();
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect((await checkpointPointer(run.bus, "whole"))?.step).toBe(8);
    expect((await readdir(join(run.folder, "checkpoints"))).length).toBeLessThanOrEqual(3);
    expect(await readdir(join(run.folder, "samples"))).toEqual(["s00000001"]);
    const evaluations = (await readFile(join(run.folder, "metrics.jsonl"), "utf8")).match(
      /"kind":"evaluation"/g,
    );
    expect(evaluations).toHaveLength(3);

    // What left the streams is in the archive, byte for byte.
    const archive = join(run.folder, "archive");
    const archived = await Promise.all(
      (await readArchiveIndex(archive)).map((entry) => readArchive(archive, entry)),
    );
    expect(archived.flat().length).toBeGreaterThanOrEqual(16 * 6);
    const left = await run.bus.jsm.streams.info(streamNames.results, {
      subjects_filter: subjects.trajectories("whole"),
    });
    expect(Object.keys(left.state.subjects ?? {}).length).toBeLessThan(counts.issued);
  } finally {
    await run.dispose();
  }
});

test("an on-policy run issues exactly what it trains", async () => {
  const run = await RunUnderTest.make(server, "on-policy", ["grpo.maxStaleness=0", "learner.steps=3"]);
  try {
    const learner = run.start("learner", "learner");
    run.start("rollout", "rollout-1");
    run.start("reward", "reward-1");
    expect(await learner.exited, learner.output).toEqual({ code: 0, signal: null });
    const { counts } = await run.expectConserved(6);
    expect(counts.issued).toBe(6);
  } finally {
    await run.dispose();
  }
});
