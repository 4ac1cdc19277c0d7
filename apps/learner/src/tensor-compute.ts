// The learner's real compute: engine, model, trainable policy, and the evaluation on the dev prompts.

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { decodeRows, type RunConfig } from "@easel/config";
import { startEngine } from "@easel/engine";
import { isWeightFile, type JanusModel } from "@easel/janus";
import type { RunningProcess } from "@easel/process";
import { promptSet, randomFrom } from "@easel/shapeworld";
import {
  createDrawing,
  createTensorPolicyLearner,
  evaluate,
  loadPolicy,
  promptBucket,
  summarise,
  type TrainablePolicy,
} from "@easel/training";
import type { DevEvaluation } from "./learner-context.js";
import type { LearnerCompute } from "./learner-process.js";

export async function tensorCompute({ args, config }: RunningProcess): Promise<LearnerCompute> {
  const { learner, model: settings, grpo, rollout } = config;
  const threads = args.threads ?? (learner.threads === "auto" ? null : learner.threads);
  const engine = await startEngine({
    backend: config.engine.backend,
    ...(threads === null ? {} : { threads }),
  });
  const { model, policy } = await loadPolicy(
    settings.checkpoint,
    settings.lora,
    config.run.seed,
    settings.weights,
  );
  const { temperature, guidanceScale } = rollout;
  return {
    policy: createTensorPolicyLearner(model, policy, {
      beta1: learner.beta1,
      beta2: learner.beta2,
      weightDecay: learner.weightDecay,
      maxGradientNorm: learner.gradClip,
      matmul: learner.matmul,
      compile: "graph",
      clipLow: grpo.clip,
      clipHigh: grpo.clip,
      beta: grpo.beta,
      aggregation:
        grpo.normalisation === "drGrpo"
          ? { kind: "drGrpo", maxLength: rollout.textCap + model.config.image.tokens }
          : { kind: grpo.normalisation },
      logProbs: { temperature, guidanceScale },
      rowsPerPass: learner.rowsPerPass,
      recompute: learner.recompute,
      moments: learner.moments === "fp32" ? "f32" : learner.moments,
    }),
    baseDigest: policy.kind === "lora" ? await checkpointDigest(settings.checkpoint) : null,
    engine: `${engine.library} ${engine.version}`,
    limits: {
      vocabularySize: model.config.language.vocabulary,
      codebookSize: model.config.image.codes,
      imageTokens: model.config.image.tokens,
    },
    evaluateDev: devEvaluation(model, policy, config),
  };
}

/** Draws the dev prompts with the policy as it is; the seeds are the same each time. */
function devEvaluation(
  model: JanusModel,
  policy: TrainablePolicy,
  { world, evaluation, rollout, run, grpo }: RunConfig,
): () => Promise<DevEvaluation> {
  const prompts = promptSet("dev", world.devPrompts, run.seed).slice(0, evaluation.devSamples);
  const samplesPerPrompt = Math.max(1, Math.floor(evaluation.devSamples / prompts.length));
  const { temperature, guidanceScale, textCap, convolution } = rollout;
  const drawing = createDrawing(
    { ...model, params: policy.params },
    {
      maxRows: decodeRows({ rollout, grpo }),
      promptBuckets: [promptBucket(model, prompts)],
      distinctPrompts: rollout.slots * grpo.groupSize,
      sampling: { temperature, guidanceScale, textCap },
      convolution,
    },
  );
  return async () => {
    const samples = await evaluate(drawing, prompts, { samplesPerPrompt, seed: run.seed });
    const summary = summarise(samples, randomFrom(`dev/${run.seed}`));
    return { total: summary.measures.total.mean, temperature, summary };
  };
}

/** Digest of a checkpoint's weight files, in the order of their names. */
async function checkpointDigest(folder: string): Promise<string> {
  const hash = createHash("sha256");
  for (const name of (await readdir(folder)).filter(isWeightFile).sort()) {
    for await (const chunk of createReadStream(join(folder, name))) hash.update(chunk as Uint8Array);
  }
  return hash.digest("hex");
}
