// The rollout worker's real compute: engine, model, and the policy that samples. The weights of the policy come from the learner.
import { decodeRows } from "@easel/config";
import { startEngine } from "@easel/engine";
import type { RunningProcess } from "@easel/process";
import { loadTrainingPrompts } from "@easel/shapeworld";
import { createTensorRolloutPolicy, loadPolicy, promptBucket } from "@easel/training";
import type { RolloutCompute } from "./rollout-process.js";

export async function tensorCompute({ args, config }: RunningProcess): Promise<RolloutCompute> {
  const { rollout, model: settings, run, world } = config;
  const threads = args.threads ?? (rollout.threads === "auto" ? null : rollout.threads);
  const engine = await startEngine({
    backend: config.engine.backend,
    ...(threads === null ? {} : { threads }),
  });
  const { model, policy } = await loadPolicy(settings.checkpoint, settings.lora, run.seed, settings.weights);
  const { prompts } = await loadTrainingPrompts({
    file: world.trainFile,
    count: world.trainPrompts,
    seed: run.seed,
  });
  const { temperature, guidanceScale, textCap, convolution } = rollout;
  return {
    policy: createTensorRolloutPolicy(model, policy, {
      maxRows: decodeRows(config),
      promptBuckets: [promptBucket(model, prompts)],
      fingerprint: engine.fingerprint,
      distinctPrompts: rollout.slots,
      sampling: { temperature, guidanceScale, textCap },
      convolution,
    }),
    engine: `${engine.library} ${engine.version}`,
  };
}
