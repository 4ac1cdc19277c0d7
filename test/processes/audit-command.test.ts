// `easel audit` over a run that goes on and one that has stopped, as a user calls it; and its answer to an archive that was damaged.
import { readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { findNatsServer, type SpawnedProcess, spawnProcess } from "@easel/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TrainUnderTest } from "./train-under-test.js";

const LIMIT_MS = 180_000;
const easel = new URL("../../apps/cli/dist/main.js", import.meta.url).pathname;

let train: TrainUnderTest;
beforeEach(async () => {
  train = await TrainUnderTest.make();
});
afterEach(() => train.dispose());

async function audited(run: string): Promise<SpawnedProcess> {
  const one = spawnProcess({
    command: process.execPath,
    args: [easel, "audit", basename(run), "--root", join(train.folder, "runs")],
    env: { EASEL_NATS_SERVER: await findNatsServer() },
  });
  await one.exited;
  return one;
}

test(
  "a run is audited while it goes on and when it has stopped; a file that is gone from its archive is a fault",
  async () => {
    const running = await train.start({}, ["learner.steps=400"]);
    await running.waitForOutput(/step 4: mean reward/, 60_000);
    const run = /^run \S+ in (\S+)$/m.exec(running.output)?.[1] ?? "";
    const during = await audited(run);
    expect(during.output).toMatch(/^groups: \d+ issued = .* 0 lost$/m);
    expect((await during.exited).code, during.output).toBe(0);
    process.kill(running.pid, "SIGINT");
    expect((await running.exited).code, running.output).toBe(0);

    const after = await audited(run);
    expect((await after.exited).code, after.output).toBe(0);
    // Stopped in mid-run, so some groups are in flight; what was trained is in the archive or in the streams.
    const trained = 2 * (await train.lastStep(run));
    expect(after.output).toMatch(new RegExp(`^groups: [0-9]+ issued = ${trained} trained .* 0 lost$`, "m"));
    expect(after.output).toContain("every stored byte is what its record says");

    const archive = join(run, "archive");
    const file = (await readdir(archive)).filter((name) => name.endsWith(".gz")).sort()[1] ?? "";
    await rm(join(archive, file));
    const damaged = await audited(run);
    expect((await damaged.exited).code, damaged.output).toBe(1);
    expect(damaged.output).toContain(`fault: unreadable archive/${file}`);
    expect(damaged.output).toMatch(/^EASEL_LEARNER_AUDIT_FAILED: /m);
    expect(damaged.output).not.toMatch(/^\s+at /m);
  },
  LIMIT_MS,
);
