// The rollout worker as an operating-system process. What computes is given.
import type { RunConfig } from "@easel/config";
import { type RunningProcess, runProcess } from "@easel/process";
import type { RolloutPolicy } from "@easel/training";
import type { RolloutSettings } from "./options.js";
import { runRolloutWorker } from "./run-rollout-worker.js";

export type RolloutCompute = {
  readonly policy: RolloutPolicy;
  /** What computes, such as "libtensorflow 2.21.0". */
  readonly engine: string;
};

export type RolloutProcessOptions = {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly compute: (running: RunningProcess) => Promise<RolloutCompute>;
};

/** Leases after which a call that draws counts as hung. */
const LEASES_PER_CALL = 10;
const WEIGHTS_DEADLINE_MS = 600_000;
const PICTURE_DEADLINE_MS = 600_000;
const GATHER_MS = 100;

export function rolloutSettings(config: RunConfig, worker: string): RolloutSettings {
  return {
    run: config.run.name,
    worker,
    slots: config.rollout.slots,
    generateDeadlineMs: LEASES_PER_CALL * config.bus.leaseMs,
    weightsDeadlineMs: WEIGHTS_DEADLINE_MS,
    pictureDeadlineMs: PICTURE_DEADLINE_MS,
    gatherMs: GATHER_MS,
  };
}

/** Runs the process and returns its exit code. */
export async function rolloutProcess({ argv, env, compute }: RolloutProcessOptions): Promise<number> {
  return await runProcess({
    name: "rollout-1",
    argv,
    env,
    main: async (running) => {
      const { args, bus, config, images, log, signal, weights } = running;
      const computed = await compute(running);
      const settings = rolloutSettings(config, args.name);
      const result = await runRolloutWorker({ ...computed, bus, settings, weights, images, log, signal });
      log.info(result, "rollout worker is done");
    },
  });
}
