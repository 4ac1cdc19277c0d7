// `easel train` for a test: runs in a folder of its own, with real processes and simulated compute.
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findNatsServer, type SpawnedProcess, spawnProcess } from "@easel/testkit";
import { endAllLeftOvers, stepLines } from "./left-behind.js";
import { smallRun } from "./run-under-test.js";

/** What the end of a run says of its groups and samples. */
export type PrintedFates = {
  readonly notes: readonly string[];
  readonly groups: {
    readonly issued: number;
    readonly trained: number;
    readonly inFlight: number;
    readonly dropped: Readonly<Record<string, number>>;
    readonly dead: Readonly<Record<string, number>>;
  };
  readonly samples: { readonly issued: number };
};

export class TrainUnderTest {
  readonly folder: string;
  readonly #started: SpawnedProcess[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<TrainUnderTest> {
    return new TrainUnderTest(await mkdtemp(join(tmpdir(), "easel-train-")));
  }

  async start(
    flags: Readonly<Record<string, unknown>>,
    sets: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<SpawnedProcess> {
    const settings = flags.resume === undefined ? [...smallRun, "run.name=local"] : [];
    const set = [...settings, `run.dir=${join(this.folder, "runs")}`, ...sets];
    const one = spawnProcess({
      command: process.execPath,
      args: [new URL("./entries/train.mjs", import.meta.url).pathname, JSON.stringify({ set, ...flags })],
      env: { EASEL_NATS_SERVER: await findNatsServer(), ...env },
    });
    this.#started.push(one);
    return one;
  }

  async lastStep(run: string): Promise<number> {
    return (await stepLines(run)).at(-1)?.step ?? 0;
  }

  fates({ output }: SpawnedProcess): PrintedFates {
    return JSON.parse(/^fates (.*)$/m.exec(output)?.[1] ?? "{}");
  }

  /** Whether no process holds the run's folder. */
  async isFree(run: string): Promise<boolean> {
    return await stat(join(run, "train.pid")).then(
      () => false,
      () => true,
    );
  }

  async dispose(): Promise<void> {
    for (const one of this.#started) await one.stop(20_000);
    await endAllLeftOvers(this.folder);
    await rm(this.folder, { recursive: true, force: true });
  }
}
