// The reward worker as an operating-system process. The judge is given.
import { type RunningProcess, runProcess } from "@easel/process";
import type { Judge } from "@easel/rewards";
import { runRewardWorker } from "./run-reward-worker.js";

export type RewardProcessOptions = {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly judge: (running: RunningProcess) => Judge;
};

/** Runs the process and returns its exit code. */
export async function rewardProcess({ argv, env, judge }: RewardProcessOptions): Promise<number> {
  return await runProcess({
    name: "reward-1",
    argv,
    env,
    main: async (running) => {
      const { args, bus, config, images, log, run, signal } = running;
      const result = await runRewardWorker({
        judge: judge(running),
        bus,
        run,
        worker: args.name,
        rewards: config.rewards.names,
        images,
        log,
        deadlineMs: 4 * config.bus.leaseMs,
        signal,
      });
      log.info(result, "reward worker is done");
    },
  });
}
