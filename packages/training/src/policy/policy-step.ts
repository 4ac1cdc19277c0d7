// The traced functions of one policy update: gradients of a part of the batch, and the optimizer step over their sum.
// Where rows come from and how they are packed is the learner's.
import {
  clipByGlobalNorm,
  createAdamW,
  createGradientAccumulator,
  type Jitted,
  jit,
  type MomentStorage,
  type Optimizer,
  type Params,
  type tf,
} from "@easel/engine";
import { type JanusConfig, type PackedTensors, type TokenLogProbsOptions, tokenLogProbs } from "@easel/janus";
import { gradsWithReport } from "../grads-with-report.js";
import {
  type PolicyObjectiveOptions,
  type PolicyReport,
  type PolicyTargets,
  policyObjective,
} from "./policy-objective.js";

/** Settings of the optimizer. */
export type PolicyOptimisation = {
  readonly beta1: number;
  readonly beta2: number;
  readonly weightDecay: number;
  readonly maxGradientNorm: number;
  /** Precision of matrix products in the learner. */
  readonly matmul: "f32" | "bf16";
  readonly compile: "graph" | "xla";
  /** Activation checkpointing: each layer is computed again in the backward pass, and only its input is kept. */
  readonly recompute?: boolean;
  /** How the optimizer's two moments are kept; `f32` when left out. */
  readonly moments?: MomentStorage;
};

/** Log-probs of one part of the batch under a policy that is not trained. */
export type ReferencePass = Jitted<
  [batch: PackedTensors],
  { readonly text: tf.Tensor; readonly image: tf.Tensor }
>;

/** The functions of an update and the state they keep. */
export type PolicyStep = {
  /** Log-probs under the reference policy. */
  readonly reference: ReferencePass;
  /** Adds the gradients of one part of the batch to the sums. */
  readonly accumulate: Jitted<
    [batch: PackedTensors, targets: PolicyTargets],
    PolicyReport & { readonly loss: tf.Tensor }
  >;
  /** Clips the sums, moves the variables, clears the sums; returns the gradient norm before clipping. */
  readonly apply: Jitted<[learningRate: tf.Tensor], { readonly gradientNorm: tf.Tensor }>;
  readonly optimizer: Optimizer;
};

/**
 * Builds the functions.
 *
 * @param params the policy, whose `trained` variables move
 * @param reference the same model at RL step 0
 */
export function createPolicyStep(
  config: JanusConfig,
  params: Params,
  reference: Params,
  trained: Readonly<Record<string, tf.Variable>>,
  logProbOptions: TokenLogProbsOptions,
  objective: PolicyObjectiveOptions,
  how: PolicyOptimisation,
): PolicyStep {
  const { beta1, beta2, weightDecay, maxGradientNorm, matmul, compile, recompute = false, moments } = how;
  const optimizer = createAdamW({
    variables: trained,
    beta1,
    beta2,
    epsilon: 1e-8,
    weightDecay,
    ...(moments === undefined ? {} : { moments }),
  });
  const trainedLogProbs = recompute ? { ...logProbOptions, recompute: trained } : logProbOptions;
  const sums = createGradientAccumulator(trained);
  return {
    optimizer,
    reference: jit(
      (batch: PackedTensors) => {
        const { text, image } = tokenLogProbs(config, reference, batch, logProbOptions);
        return { text, image };
      },
      { name: "reference-pass", matmul, compile },
    ),
    accumulate: jit(
      (batch: PackedTensors, targets: PolicyTargets) => {
        const { loss, grads, report } = gradsWithReport(
          () =>
            policyObjective(tokenLogProbs(config, params, batch, trainedLogProbs), batch, targets, objective),
          trained,
        );
        sums.add(grads);
        return { ...report, loss };
      },
      { name: "policy-gradients", matmul, compile },
    ),
    apply: jit(
      (learningRate: tf.Tensor) => {
        const clipped = clipByGlobalNorm(sums.take(), maxGradientNorm);
        optimizer.update(clipped.grads, learningRate.asScalar());
        return { gradientNorm: clipped.norm };
      },
      { name: "policy-update" },
    ),
  };
}
