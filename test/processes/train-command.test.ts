// `easel train` as a user has it: it starts everything, mends what dies, stops on Ctrl-C and resumes; and says one clear thing when it cannot.
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { findNatsServer, freePort, type SpawnedProcess, spawnProcess } from "@easel/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { smallRun } from "./run-under-test.js";

const LIMIT_MS = 180_000;

let folder: string;
let started: SpawnedProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-train-"));
});
afterEach(async () => {
  for (const one of started) await one.stop(20_000);
  started = [];
  await rm(folder, { recursive: true, force: true });
});

async function easelTrain(
  flags: Readonly<Record<string, unknown>>,
  sets: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<SpawnedProcess> {
  const set = [...smallRun, "run.name=local", `run.dir=${join(folder, "runs")}`, ...sets];
  const one = spawnProcess({
    command: process.execPath,
    args: [new URL("./entries/train.mjs", import.meta.url).pathname, JSON.stringify({ set, ...flags })],
    env: { EASEL_NATS_SERVER: await findNatsServer(), ...env },
  });
  started.push(one);
  return one;
}

test(
  "a run is stopped by Ctrl-C, says how to go on, and goes on; a worker that dies on the way is replaced",
  async () => {
    const first = await easelTrain({}, ["learner.steps=400"], { EASEL_TEST_KILL_AT: "generate@3" });
    await first.waitForOutput(/rollout-1 ended \(SIGKILL/, 60_000);
    await first.waitForOutput(/step 4: mean reward/, 60_000);
    process.kill(first.pid, "SIGINT");
    const stopped = await first.exited;
    expect(stopped.code, first.output).toBe(0);
    const resume = /easel train --resume (\S+)/.exec(first.output)?.[1] ?? "";
    expect(dirname(resume)).toBe(join(folder, "runs"));
    expect(basename(resume)).toMatch(/^\d{4}-\d\d-\d\d-\d{4}-local-1$/);

    // The limit of the run is in its folder; here it is lowered so that the test ends.
    const configPath = join(resume, "config.json");
    const config = JSON.parse(await readFile(configPath, "utf8"));
    const steps = await lastStep(resume);
    config.learner.steps = steps + 2;
    await writeFile(configPath, JSON.stringify(config));
    const second = await easelTrain({ resume });
    expect((await second.exited).code, second.output).toBe(0);
    expect(second.output).toContain("finished");
    expect(await lastStep(resume)).toBe(steps + 2);
    const fates = JSON.parse(/^fates (.*)$/m.exec(second.output)?.[1] ?? "{}");
    expect(fates).toMatchObject({ notes: [], groups: { trained: 2 * (steps + 2), inFlight: 0, dead: {} } });
    expect(fates.samples.issued).toBe(4 * fates.groups.issued);
  },
  LIMIT_MS,
);

async function lastStep(run: string): Promise<number> {
  const lines = (await readFile(join(run, "metrics.jsonl"), "utf8")).trim().split("\n");
  const steps = lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind === "step");
  return steps.at(-1)?.step ?? 0;
}

test(
  "a port in use, a server that is too old and an unknown run each end with one message and no trace",
  async () => {
    const port = await freePort();
    const taken = await new Promise<Server>((resolve) => {
      const server = createServer().listen(port, "127.0.0.1", () => resolve(server));
    });
    const old = join(folder, "nats-server");
    await writeFile(old, "#!/bin/sh\necho nats-server: v2.9.0\n");
    await chmod(old, 0o755);
    const cases = [
      {
        run: await easelTrain({ port: String(port) }),
        says: /^error: Port \d+ .* in use[\s\S]*\(EASEL_TRAIN_PORT_IN_USE/m,
      },
      {
        run: await easelTrain({}, [], { EASEL_NATS_SERVER: old }),
        says: /^error: .* is nats-server 2\.9\.0[\s\S]*\(EASEL_TRAIN_NATS_TOO_OLD\)/m,
      },
      {
        run: await easelTrain({ resume: "nothing" }),
        says: /^error: There is no run nothing[\s\S]*\(EASEL_RUNS_NOT_FOUND\)/m,
      },
      {
        run: await easelTrain({}, ["grpo.grupSize=4"]),
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
