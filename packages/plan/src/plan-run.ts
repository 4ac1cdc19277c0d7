// The plan of a run: everything that follows from its configuration and the sizes of its model. Pure.
import { decodeRows, type RunConfig } from "@easel/config";
import { type JanusConfig, picturesPerCall, textChunk } from "@easel/janus";
import { fits } from "./card.js";
import { type JudgeCalls, judgeCalls } from "./judging.js";
import { optimizerBytes, pictureBytes, trajectoryBytes, weightUpdateBytes } from "./messages.js";
import { adapterParameters, type Parameters, parametersOf, policyParameters } from "./parameters.js";
import { F32, type Part } from "./part.js";
import { activationBytes, type LogitBytes, logitBytes, passMemory } from "./pass-memory.js";
import {
  type ProcessMemory,
  phaseOf,
  processMemory,
  type TrainerMemory,
  trainerMemory,
} from "./process-memory.js";
import { judgeCallsPerSecond, type Rates } from "./rates.js";
import { drawMemory } from "./rollout-memory.js";
import { gradientMemory, standingMemory, type Trained, updateMemory } from "./training-memory.js";
import { frozenBytes, productWeights } from "./weight-storage.js";
import { decodeMs, forwardWork, pictureWork, trainingWork } from "./work.js";
import { type Workload, workloadOf } from "./workload.js";
import type { Workspace } from "./workspace.js";

/** A learner's memory, and figures of its passes whichever way the settings choose. */
export type LearnerMemory = TrainerMemory & {
  /** What a pass keeps for its backward half, in each of the two ways. */
  readonly activations: { readonly kept: number; readonly recomputed: number };
  readonly logits: LogitBytes;
};

/** What a plan is made from besides the configuration. */
export type PlanBasis = {
  readonly workspace: Workspace;
  readonly rates: Rates;
  /** Lengths that replace the assumed ones, in tokens. */
  readonly prompt?: number;
  readonly chain?: number;
};

/** The plan of a run. Bytes are of the device, but for disk and messages; times are in ms. */
export type RunPlan = {
  readonly parameters: Parameters;
  readonly trained: Trained;
  readonly workload: Workload;
  readonly rows: number;
  readonly learner: LearnerMemory;
  readonly rollout: ProcessMemory;
  readonly disk: { readonly checkpointBf16: number; readonly runCheckpoint: number };
  readonly messages: {
    readonly trajectory: number;
    readonly samples: number;
    readonly picture: number;
    readonly weights: number;
  };
  readonly judge: JudgeCalls;
  readonly times: {
    readonly drawMs: number;
    readonly learnMs: number;
    readonly judgeMs: number;
  };
};

/** A slice, and so a message, holds 16 samples at most. */
const samplesPerMessage = 16;

/** Makes the plan of a run. */
export function planRun(config: RunConfig, model: JanusConfig, basis: PlanBasis): RunPlan {
  const { learner, rollout, grpo } = config;
  const parameters = parametersOf(model);
  const workload = workloadOf(model, rollout.textCap, basis);
  const guided = rollout.guidanceScale > 1;
  const rows = decodeRows(config);
  const trained = trainedOf(config, model, parameters);
  const { workspace, rates } = basis;
  const lora = config.model.lora;

  const shape = {
    rows: learner.rowsPerPass,
    workload,
    guided,
    recompute: learner.recompute,
    rank: lora?.rank ?? 0,
    headTrained: lora === null || lora.targets.includes("lm_head"),
  };
  const storage = config.model.weights;
  const draw = [
    ...drawMemory(
      model,
      { rows, workload, guided, pictures: picturesPerCall(model), adapted: lora !== null },
      workspace,
    ),
    productWeights(model, parameters, storage, "f32"),
  ];
  const rounded = productWeights(model, parameters, storage, learner.matmul);
  const training = [
    phaseOf("a pass", [...passMemory(model, shape), rounded, gradientMemory(trained)]),
    phaseOf("the end of an update", [updateMemory(trained)]),
  ];
  // The learner draws the dev prompts itself.
  const evaluation = config.evaluation.devSamples > 0 ? phaseOf("an evaluation", draw) : null;
  const policy = policyParameters(parameters) + parameters.vqDecoder;
  const rolloutWeights: Part[] = [
    { name: "weights", bytes: policy * frozenBytes[storage] },
    { name: "adapter", bytes: (lora === null ? 0 : trained.moving) * F32 },
  ];

  const samples = grpo.batchGroups * grpo.groupSize;
  const forward = forwardWork(model, parameters, workload, guided);
  const chunk = learner.rowsPerPass * workload.longestChain;
  const perSequence = trainingWork(forward, {
    full: lora === null,
    recompute: learner.recompute,
    reference: true,
    chunkedText: textChunk(chunk, model.language.vocabulary) < chunk,
  });
  const batches = Math.ceil(samples / rows);
  const judge = judgeCalls(config);
  return {
    parameters,
    trained,
    workload,
    rows,
    learner: {
      ...trainerMemory(standingMemory(trained), training, evaluation, workspace),
      activations: activationBytes(model, shape),
      logits: logitBytes(model, shape),
    },
    rollout: processMemory([...rolloutWeights, ...draw], workspace.rolloutBytes, workspace),
    disk: {
      checkpointBf16: 2 * (policy + parameters.vqEncoder),
      runCheckpoint: weightUpdateBytes(trained) + optimizerBytes(trained),
    },
    messages: {
      trajectory: trajectoryBytes(workload, Math.min(grpo.groupSize, samplesPerMessage)),
      samples: Math.min(grpo.groupSize, samplesPerMessage),
      picture: pictureBytes(model),
      weights: weightUpdateBytes(trained),
    },
    judge,
    times: {
      drawMs:
        (batches * decodeMs(model, parameters, workload, { rows, guided, storage }, rates) +
          (1000 * samples * pictureWork(model)) / rates.trainFlops) /
        rollout.workers,
      learnMs: (1000 * samples * perSequence) / rates.trainFlops,
      judgeMs: (1000 * judge.visionLanguage) / judgeCallsPerSecond,
    },
  };
}

function trainedOf({ model, learner }: RunConfig, janus: JanusConfig, p: Parameters): Trained {
  const policy = policyParameters(p);
  if (model.lora === null) {
    return {
      frozen: p.vqDecoder,
      storage: model.weights,
      moving: policy,
      copied: policy,
      moments: learner.moments,
    };
  }
  const moving = adapterParameters(janus, model.lora);
  return {
    frozen: policy + p.vqDecoder,
    storage: model.weights,
    moving,
    copied: 0,
    moments: learner.moments,
  };
}

/** What fits a card of so many bytes. */
export type CardVerdict = { readonly learner: boolean; readonly rollout: boolean; readonly both: boolean };

/** Whether learner and rollout worker fit a card, each by itself and both together. */
export function onCard({ learner, rollout }: RunPlan, card: number): CardVerdict {
  return {
    learner: fits(learner.bytes, card),
    rollout: fits(rollout.bytes, card),
    both: fits(learner.bytes + rollout.bytes, card),
  };
}
