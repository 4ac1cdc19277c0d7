// A rollout worker that is overtaken by the others: what it drew is dropped by name and counted, its prompt comes back, nothing is lost.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Bus, findTrajectory, readLedger } from "@easel/bus";
import type { RolloutTask } from "@easel/protocol";
import { eventually, type NatsServer, startNats } from "@easel/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { closedByReason, logLines, trainedLags } from "./observed-run.js";
import { RunUnderTest } from "./run-under-test.js";

const LIMIT_MS = 180_000;
const STEPS = 10;

let server: NatsServer;
beforeAll(async () => {
  server = await startNats();
});
afterAll(() => server.dispose());

/**
 * A run of which the first group is drawn by a worker that stands still until three steps were made without it. The others wait then
 * until what it drew has come, however slow the machine is.
 */
async function overtake(
  name: string,
  maxStaleness: number,
  hasCome: (run: RunUnderTest) => Promise<boolean>,
): Promise<RunUnderTest> {
  const run = await RunUnderTest.make(server, name, [
    `learner.steps=${STEPS}`,
    `grpo.maxStaleness=${maxStaleness}`,
    "rollout.slots=1",
    // Prompts come back after four groups.
    "world.trainPrompts=4",
    // A call may take ten leases.
    "bus.lease=10s",
  ]);
  const learner = run.start("learner", "learner");
  run.start("reward", "reward-1");
  run.start("rollout", "slow", { EASEL_TEST_HOLD: "slow" });
  await run.untilFile("held-slow");
  const quick = run.start("rollout", "quick");
  await run.untilStep(3);
  quick.pause();
  await writeFile(join(run.folder, "go-on-slow"), "");
  await eventually("what the slow worker drew has come", () => hasCome(run), 60_000);
  quick.resume();
  expect(await learner.exited, learner.output).toEqual({ code: 0, signal: null });
  await run.expectConserved(2 * STEPS);
  return run;
}

async function firstGroupIsDrawn({ bus, run }: RunUnderTest): Promise<boolean> {
  const first = (await tasksOf(run, bus)).find(({ issue }) => issue === 1);
  return first !== undefined && (await findTrajectory(bus, run, first.group, 0)) !== null;
}

async function tasksOf(run: string, bus: Bus): Promise<RolloutTask[]> {
  return (await readLedger(bus, run)).entries.flatMap(({ record }) =>
    record.kind === "issue" ? [record.task] : [],
  );
}

test(
  "what an overtaken worker drew is dropped as stale, named and counted, and its prompt is trained under another number",
  async () => {
    const run = await overtake("overtaken", 1, async (one) => (await one.log("learner")).includes('"stale"'));
    try {
      expect(Math.max(...(await trainedLags(run)).values())).toBeLessThanOrEqual(1);
      const { stale = 0 } = await closedByReason(run);
      expect(stale).toBeGreaterThan(0);
      expect((await run.steps()).at(-1)).toMatchObject({ closed: { stale } });
      const named = (await logLines(run, "learner")).filter(({ reason }) => reason === "stale");
      expect(named).toHaveLength(stale);

      const { groups } = await run.audit();
      const tasks = await tasksOf(run.run, run.bus);
      const overtaken = tasks.find(({ group }) => group === named[0]?.group);
      const again = tasks.filter(
        ({ promptText, issue }) => promptText === overtaken?.promptText && issue > overtaken.issue,
      );
      expect(again.map(({ group }) => groups.get(group)?.state)).toContain("trained");
    } finally {
      await run.dispose();
    }
  },
  LIMIT_MS,
);

test(
  "control: with the limit out of reach the same group is trained, and is seen to be too old",
  async () => {
    const run = await overtake("unlimited", 100, firstGroupIsDrawn);
    try {
      expect(await closedByReason(run)).not.toHaveProperty("stale");
      expect(Math.max(...(await trainedLags(run)).values())).toBeGreaterThan(1);
    } finally {
      await run.dispose();
    }
  },
  LIMIT_MS,
);
