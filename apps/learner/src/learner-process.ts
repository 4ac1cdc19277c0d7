// The learner as an operating-system process: the frame of every process around `runLearner`. What computes is given.
import { hostname } from "node:os";
import { type RunningProcess, runProcess } from "@easel/process";
import type { TokenLimits } from "@easel/protocol";
import { loadTrainingPrompts } from "@easel/shapeworld";
import type { PolicyLearner } from "@easel/training";
import type { Authority } from "./authority.js";
import type { LearnerOptions } from "./learner-context.js";
import { runLearner } from "./run-learner.js";
import { learnerSettings } from "./settings-from-config.js";

export type LearnerCompute = {
  readonly policy: PolicyLearner;
  /** Digest of the weights that a LoRA is applied to; null trains every weight. */
  readonly baseDigest: string | null;
  /** What computes, such as "libtensorflow 2.21.0". */
  readonly engine: string;
  readonly limits?: TokenLimits;
  readonly evaluateDev?: NonNullable<LearnerOptions["evaluateDev"]>;
};

export type LearnerProcessOptions = {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly compute: (running: RunningProcess) => Promise<LearnerCompute>;
  /** Says whether this learner still counts; the broker unless told. */
  readonly authority?: Authority;
  /** For tests only. */
  readonly probe?: NonNullable<LearnerOptions["probe"]>;
};

/** Runs the process and returns its exit code. */
export async function learnerProcess({
  argv,
  env,
  compute,
  authority,
  probe,
}: LearnerProcessOptions): Promise<number> {
  return await runProcess({
    name: "learner",
    argv,
    env,
    main: async (running) => {
      const { args, bus, config, images, log, signal, weights } = running;
      const { limits, ...computed } = await compute(running);
      log.info({ engine: computed.engine }, "compute is ready");
      const { world, run } = config;
      const { prompts, fileDigest } = await loadTrainingPrompts({
        file: world.trainFile,
        count: world.trainPrompts,
        seed: run.seed,
      });
      const result = await runLearner({
        ...computed,
        bus,
        settings: learnerSettings(config, limits),
        folder: args.folder,
        weights,
        images,
        prompts,
        promptFileDigest: fileDigest,
        log,
        holder: `${args.name}@${hostname()}:${process.pid}`,
        signal,
        acceptLostBroker: args.acceptLostBroker,
        ...(authority === undefined ? {} : { authority }),
        ...(probe === undefined ? {} : { probe }),
      });
      log.info(result, "learner is done");
    },
  });
}
