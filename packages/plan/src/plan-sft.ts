// The plan of supervised training on pictures: memory of a step, and the time of all steps. Pure.
import type { SftConfig } from "@easel/config";
import { type JanusConfig, picturesPerCall, textChunk } from "@easel/janus";
import { optimizerBytes, weightUpdateBytes } from "./messages.js";
import { adapterParameters, type Parameters, parametersOf, policyParameters } from "./parameters.js";
import { passMemory } from "./pass-memory.js";
import type { PlanBasis } from "./plan-run.js";
import { phaseOf, type TrainerMemory, trainerMemory } from "./process-memory.js";
import { drawMemory } from "./rollout-memory.js";
import { gradientMemory, standingMemory, type Trained, updateMemory } from "./training-memory.js";
import { productWeights } from "./weight-storage.js";
import { forwardWork, trainingWork } from "./work.js";
import { type Workload, workloadOf } from "./workload.js";

/** The plan of supervised training. */
export type SftPlan = {
  readonly parameters: Parameters;
  readonly trained: Trained;
  readonly workload: Workload;
  readonly trainer: TrainerMemory;
  readonly disk: {
    /** The result in bfloat16, without what is never loaded. */
    readonly checkpointBf16: number;
    /** The adapter apart; 0 without one. */
    readonly adapter: number;
    /** One state to go on from; two are kept. */
    readonly state: number;
  };
  readonly steps: number;
  readonly examples: number;
  readonly stepMs: number;
  readonly totalMs: number;
};

/** Makes the plan. */
export function planSft(config: SftConfig, model: JanusConfig, basis: PlanBasis): SftPlan {
  const { training, data } = config;
  const { lora, weights: storage } = config.model;
  const parameters = parametersOf(model);
  const workload = workloadOf(model, data.maxChainTokens, basis);
  const trained = trainedOf(config, model, parameters);
  const pass = passMemory(model, {
    rows: training.rowsPerPass,
    workload,
    guided: false,
    recompute: training.recompute,
    rank: lora?.rank ?? 0,
    thinned: (lora?.dropout ?? 0) > 0,
    headTrained: lora === null,
  });
  const phases = [
    phaseOf("a pass", [
      ...pass,
      productWeights(model, parameters, storage, training.matmul),
      gradientMemory(trained),
    ]),
    phaseOf("the end of an update", [updateMemory(trained)]),
  ];
  const { workspace, rates } = basis;
  const { every, prompts, count, guidance, textCap } = config.samples;
  const drawn = {
    rows: prompts.length > 0 ? prompts.length : count,
    workload: workloadOf(model, textCap, basis),
    guided: guidance > 1,
    pictures: picturesPerCall(model),
    adapted: lora !== null,
  };
  const samples =
    every > 0
      ? phaseOf("sample pictures", [
          ...drawMemory(model, drawn, workspace),
          productWeights(model, parameters, storage, "f32"),
        ])
      : null;
  const tokens = training.rowsPerPass * workload.longestChain;
  const perSequence = trainingWork(forwardWork(model, parameters, workload, false), {
    full: lora === null,
    recompute: training.recompute,
    reference: false,
    chunkedText: textChunk(tokens, model.language.vocabulary) < tokens,
  });
  const stepMs = (1000 * training.batch * perSequence) / rates.trainFlops;
  const steps = training.laterStages.reduce((sum, stage) => sum + stage.steps, training.steps);
  return {
    parameters,
    trained,
    workload,
    trainer: trainerMemory(standingMemory(trained), phases, samples, workspace),
    disk: {
      checkpointBf16: 2 * (policyParameters(parameters) + parameters.vqDecoder + parameters.vqEncoder),
      adapter: lora === null ? 0 : weightUpdateBytes(trained),
      state: weightUpdateBytes(trained) + optimizerBytes(trained),
    },
    steps,
    examples: steps * training.batch,
    stepMs,
    totalMs: steps * stepMs,
  };
}

function trainedOf({ model, training }: SftConfig, janus: JanusConfig, p: Parameters): Trained {
  const moments = training.moments === "f32" ? "fp32" : training.moments;
  const policy = policyParameters(p);
  const codec = p.vqDecoder + p.vqEncoder;
  const storage = model.weights;
  if (model.lora === null) return { frozen: codec, storage, moving: policy, copied: 0, moments };
  return {
    frozen: policy + codec,
    storage,
    moving: adapterParameters(janus, model.lora),
    copied: 0,
    moments,
  };
}
