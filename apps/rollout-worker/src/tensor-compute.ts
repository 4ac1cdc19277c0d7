// The rollout worker's real compute: engine, model, and the policy that samples. The weights of the policy come from the learner.
import { startEngine } from "@easel/engine";
import { loadJanus } from "@easel/janus";
import type { RunningProcess } from "@easel/process";
import { promptSet, randomFrom } from "@easel/shapeworld";
import {
  createTensorRolloutPolicy,
  isPolicyWeight,
  type PolicyMode,
  promptBucket,
  trainablePolicy,
} from "@easel/training";
import type { RolloutCompute } from "./rollout-process.js";

export async function tensorCompute({ args, config }: RunningProcess): Promise<RolloutCompute> {
  const { rollout, model: settings, grpo, run, world } = config;
  const threads = args.threads ?? (rollout.threads === "auto" ? null : rollout.threads);
  const engine = await startEngine({
    backend: config.engine.backend,
    ...(threads === null ? {} : { threads }),
  });
  const mode: PolicyMode = settings.lora === null ? { kind: "full" } : { kind: "lora", ...settings.lora };
  const model = await loadJanus(
    settings.checkpoint,
    mode.kind === "full" ? { trainable: isPolicyWeight } : {},
  );
  const policy = trainablePolicy(model, mode, randomFrom(run.seed));
  const { temperature, guidanceScale, textCap } = rollout;
  return {
    policy: createTensorRolloutPolicy(model, policy, {
      maxRows: rollout.slots * grpo.groupSize,
      promptBuckets: [promptBucket(model, promptSet("train", world.trainPrompts, run.seed))],
      fingerprint: engine.fingerprint,
      distinctPrompts: rollout.slots,
      sampling: { temperature, guidanceScale, textCap },
    }),
    engine: `${engine.library} ${engine.version}`,
  };
}
