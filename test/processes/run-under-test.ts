// A run for a test: a real server, a run folder, and real processes with the simulated policy.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { audit, type Bus, type Conservation, connectBus } from "@easel/bus";
import { compileRunConfig } from "@easel/config";
import { eventually, type NatsServer, type SpawnedProcess, spawnProcess } from "@easel/testkit";
import { expect } from "vitest";

export type Kind = "learner" | "rollout" | "reward";

/** Small and quick: 2 groups of 4 a step. */
export const smallRun = [
  "rollout.slots=4",
  "grpo.groupSize=4",
  "grpo.batchGroups=2",
  "learner.steps=8",
  "learner.checkpointEvery=3",
  "learner.learningRate=0.5",
  "learner.warmupSteps=0",
  "learner.maxTime=10 min",
  "evaluation.every=4",
  "world.trainPrompts=16",
  "bus.lease=2500ms",
];

export function entryOf(kind: Kind): string {
  return new URL(`./entries/${kind}.mjs`, import.meta.url).pathname;
}

export class RunUnderTest {
  readonly run: string;
  readonly folder: string;
  readonly server: NatsServer;
  readonly bus: Bus;
  readonly #started: SpawnedProcess[] = [];

  private constructor(run: string, folder: string, server: NatsServer, bus: Bus) {
    this.run = run;
    this.folder = folder;
    this.server = server;
    this.bus = bus;
  }

  /** A run with a folder of its own on a server that tests of a file share. */
  static async make(server: NatsServer, run: string, sets: readonly string[] = []): Promise<RunUnderTest> {
    const folder = await mkdtemp(join(tmpdir(), "easel-run-"));
    const config = compileRunConfig({ sets: [...smallRun, `run.name=${run}`, ...sets] });
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "config.json"), JSON.stringify(config));
    return new RunUnderTest(run, folder, server, await connectBus({ servers: server.url, name: "test" }));
  }

  start(
    kind: Kind,
    name: string,
    env: Readonly<Record<string, string>> = {},
    args: readonly string[] = [],
  ): SpawnedProcess {
    const started = spawnProcess({
      command: process.execPath,
      args: [entryOf(kind), "--folder", this.folder, "--name", name, ...args],
      env: { EASEL_NATS_URL: this.server.url, ...env },
    });
    this.#started.push(started);
    return started;
  }

  async log(name: string): Promise<string> {
    return await readFile(join(this.folder, "logs", `${name}.jsonl`), "utf8").catch(() => "");
  }

  /** The lines of metrics.jsonl that speak of steps. */
  async steps(): Promise<
    {
      readonly step: number;
      readonly epoch: number;
      readonly replayed: boolean;
      readonly rewardMean: number;
      readonly missingRewards: number;
    }[]
  > {
    const text = await readFile(join(this.folder, "metrics.jsonl"), "utf8").catch(() => "");
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line))
      .filter(({ kind }) => kind === "step");
  }

  /** Waits for a file in the run's folder. */
  async untilFile(name: string, timeoutMs = 60_000): Promise<void> {
    await eventually(name, async () => (await readdir(this.folder)).includes(name), timeoutMs);
  }

  async untilStep(step: number, timeoutMs = 90_000): Promise<void> {
    await eventually(
      `step ${step}`,
      async () => (await this.steps()).some((one) => one.step >= step),
      timeoutMs,
    );
  }

  async audit(): Promise<Conservation> {
    return await audit(this.bus, { run: this.run });
  }

  /** The law holds: nothing lost, nothing trained twice, and every trained group counted once. */
  async expectConserved(trained: number): Promise<Conservation> {
    const conservation = await this.audit();
    expect(conservation.violations).toEqual([]);
    expect(conservation.counts).toMatchObject({ trained, lost: 0, inFlight: 0 });
    return conservation;
  }

  async dispose(): Promise<void> {
    for (const started of this.#started) started.resume();
    await Promise.all(this.#started.map((started) => started.kill()));
    await this.bus.connection.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
