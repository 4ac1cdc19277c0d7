// kill -9 of `easel train` itself: its processes end by themselves, a resumed run takes over, and nothing is lost, trained twice or written
// by two learners.
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { eventually, startNats } from "@easel/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { brokerOf, isAlive, runFolderOf, startedPids, stepLines } from "./left-behind.js";
import { RunUnderTest } from "./run-under-test.js";
import { type PrintedFates, TrainUnderTest } from "./train-under-test.js";

const LIMIT_MS = 180_000;
/** What is under way is a step or a call of milliseconds; this is for the slowest machine that runs the tests. */
const ENDS_WITHIN_MS = 30_000;

let train: TrainUnderTest;
beforeEach(async () => {
  train = await TrainUnderTest.make();
});
afterEach(() => train.dispose());

async function killInMidRun(env: Readonly<Record<string, string>> = {}): Promise<string> {
  const first = await train.start({}, ["learner.steps=400"], env);
  const run = await runFolderOf(first);
  await eventually("three steps", async () => (await stepLines(run)).length >= 3, 60_000);
  await first.kill();
  return run;
}

/** Resumes a run with a few steps more; returns what the command said of its groups. */
async function resumeToTheEnd(run: string): Promise<PrintedFates> {
  const steps = (await train.lastStep(run)) + 6;
  const second = await train.start({ resume: run }, [`learner.steps=${steps}`]);
  expect((await second.exited).code, second.output).toBe(0);
  return train.fates(second);
}

test(
  "its processes end by themselves with a checkpoint, and a resumed run ends the broker that stayed and goes on",
  async () => {
    const run = await killInMidRun();
    const pids = await startedPids(run);
    expect(pids).toHaveLength(3);
    await eventually("all processes ended", () => !pids.some(isAlive), ENDS_WITHIN_MS);
    expect(await readFile(join(run, "logs", "learner.jsonl"), "utf8")).toContain(
      "process ended in good order",
    );
    const broker = await brokerOf(run);
    expect(isAlive(broker.pid)).toBe(true);

    const { groups, notes } = await resumeToTheEnd(run);
    const last = (await stepLines(run)).at(-1)?.step ?? 0;
    expect({ groups, notes }).toMatchObject({
      notes: [],
      groups: { trained: 2 * last, inFlight: 0, dead: {} },
    });
    expect(isAlive(broker.pid)).toBe(false);
    await expect(answers(broker.port)).resolves.toBe(false);
  },
  LIMIT_MS,
);

test(
  "a run that is resumed at once waits for the old learner or succeeds it; no step is written by both",
  async () => {
    const run = await killInMidRun({ EASEL_TEST_LATENCY_MS: "300" });
    const old = await startedPids(run);
    const { groups, notes } = await resumeToTheEnd(run);
    const lines = await stepLines(run);
    const last = lines.at(-1)?.step ?? 0;
    expect({ groups, notes }).toMatchObject({
      notes: [],
      groups: { trained: 2 * last, inFlight: 0, dead: {} },
    });
    const epochs = lines.map(({ epoch }) => epoch);
    expect(epochs).toEqual([...epochs].sort((a, b) => a - b));
    expect(new Set(epochs).size).toBe(2);
    await eventually("the old processes ended", () => !old.some(isAlive), ENDS_WITHIN_MS);
  },
  LIMIT_MS,
);

test(
  "control: a process that was not told to end with whoever started it goes on",
  async () => {
    const server = await startNats();
    const run = await RunUnderTest.make(server, "orphans");
    try {
      // Their standard input is closed from the start, as if whoever started them were gone.
      const control = run.start("reward", "reward-1");
      await eventually("the control works", async () =>
        (await run.log("reward-1")).includes("process started"),
      );
      const bound = run.start("reward", "reward-2", {}, ["--until-stdin-closes"]);
      expect(await bound.exited, bound.output).toEqual({ code: 0, signal: null });
      expect(control.running).toBe(true);
    } finally {
      await run.dispose();
      await server.dispose();
    }
  },
  LIMIT_MS,
);

async function answers(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
