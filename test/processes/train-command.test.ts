// `easel train` as a user has it: it starts everything, mends what dies, stops on Ctrl-C and resumes; and says one clear thing when it cannot.
import { chmod, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { basename, dirname, join } from "node:path";
import { eventually, freePort } from "@easel/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runFolderOf, stopFaults } from "./left-behind.js";
import { TrainUnderTest } from "./train-under-test.js";

const LIMIT_MS = 180_000;

let train: TrainUnderTest;
beforeEach(async () => {
  train = await TrainUnderTest.make();
});
afterEach(() => train.dispose());

test(
  "a run is stopped by Ctrl-C, says how to go on, and goes on; a worker that dies on the way is replaced",
  async () => {
    const first = await train.start({}, ["learner.steps=400"], { EASEL_TEST_KILL_AT: "generate@3" });
    await first.waitForOutput(/rollout-1 ended \(SIGKILL/, 60_000);
    await first.waitForOutput(/step 4: mean reward/, 60_000);
    process.kill(first.pid, "SIGINT");
    const resume = await runFolderOf(first);
    expect(await stopFaults(first, resume), first.output).toEqual([]);
    expect(dirname(resume)).toBe(join(train.folder, "runs"));
    expect(basename(resume)).toMatch(/^\d{4}-\d\d-\d\d-\d{4}-local-1$/);

    const steps = (await train.lastStep(resume)) + 2;
    const second = await train.start({ resume }, [`learner.steps=${steps}`]);
    expect((await second.exited).code, second.output).toBe(0);
    expect(second.output).toContain("finished");
    expect(await train.lastStep(resume)).toBe(steps);
    const fates = train.fates(second);
    expect(fates).toMatchObject({ notes: [], groups: { trained: 2 * steps, inFlight: 0, dead: {} } });
    expect(fates.samples.issued).toBe(4 * fates.groups.issued);
  },
  LIMIT_MS,
);

test(
  "control: a run that does not listen for Ctrl-C is seen not to stop in good order",
  async () => {
    const deaf = await train.start({}, ["learner.steps=400"], { EASEL_TEST_WITHOUT: "stop-signals" });
    const run = await runFolderOf(deaf);
    await eventually("a step", async () => (await train.lastStep(run)) > 0, 60_000);
    process.kill(deaf.pid, "SIGINT");
    expect(await stopFaults(deaf, run)).toEqual(
      expect.arrayContaining([
        "ended with SIGINT",
        "did not say how to go on",
        "left the run's folder locked",
      ]),
    );
  },
  LIMIT_MS,
);

test(
  "a port in use, a server that is too old and an unknown run each end with one message and no trace",
  async () => {
    const port = await freePort();
    const taken = await new Promise<Server>((resolve) => {
      const server = createServer().listen(port, "127.0.0.1", () => resolve(server));
    });
    const old = join(train.folder, "nats-server");
    await writeFile(old, "#!/bin/sh\necho nats-server: v2.9.0\n");
    await chmod(old, 0o755);
    const cases = [
      {
        run: await train.start({ port: String(port) }),
        says: /^error: Port \d+ .* in use[\s\S]*\(EASEL_TRAIN_PORT_IN_USE/m,
      },
      {
        run: await train.start({}, [], { EASEL_NATS_SERVER: old }),
        says: /^error: .* is nats-server 2\.9\.0[\s\S]*\(EASEL_TRAIN_NATS_TOO_OLD\)/m,
      },
      {
        run: await train.start({ resume: "nothing" }),
        says: /^error: There is no run nothing[\s\S]*\(EASEL_RUNS_NOT_FOUND\)/m,
      },
      {
        run: await train.start({}, ["grpo.grupSize=4"]),
        says: /^error: .*grupSize[\s\S]*\(EASEL_CONFIG_INVALID\)/m,
      },
    ];
    for (const { run, says } of cases) {
      expect((await run.exited).code, run.output).not.toBe(0);
      expect(run.output).toMatch(says);
      expect(run.output).not.toMatch(/^\s+at /m);
    }
    taken.close();
  },
  LIMIT_MS,
);
