// One training step of the VQ codec as a traced function: reconstruction with straight-through codes, commitment,
// AdamW on the networks, moving averages on the codebook. Data, schedule and dead codes are the trainer's.
import {
  clipByGlobalNorm,
  createAdamW,
  type Jitted,
  jit,
  type Params,
  stopGradient,
  tf,
} from "@easel/engine";
import { codebookName, quantise, straightThrough, type VqConfig, vqDecoder, vqEncoder } from "@easel/janus";
import { gradsWithReport } from "../grads-with-report.js";
import { type CodebookAverage, createCodebookAverage, updateCodebook } from "./codebook-average.js";
import { reconstructionLoss } from "./reconstruction-loss.js";

/** What weighs how much in a step. */
export type VqObjective = {
  /** How many times a drawn pixel counts against a white one. */
  readonly drawnWeight: number;
  /** Weight of |latent - code|^2, which keeps the encoder near the codebook. */
  readonly commitment: number;
  /** Decay of the codebook's averages a step, in [0,1). */
  readonly decay: number;
  /** Largest global norm of the gradients. */
  readonly maxGradientNorm: number;
};

/** What a step reports; scalars unless noted. */
export type VqStepResult = {
  readonly reconstruction: tf.Tensor;
  readonly commitment: tf.Tensor;
  readonly gradientNorm: tf.Tensor;
  /** The worst coded unit latents of the batch, `[candidates, codeWidth]`. */
  readonly worst: tf.Tensor;
};

/** A traced step with the state it updates. */
export type VqStep = {
  readonly run: Jitted<[images: tf.Tensor, learningRate: tf.Tensor], VqStepResult>;
  readonly average: CodebookAverage;
};

/** How many badly coded latents a step hands out as replacements for dead codes. */
export const replacementCandidates = 32;

/** The latents farthest from their codes. */
function worstCoded(latents: tf.Tensor, vectors: tf.Tensor): tf.Tensor {
  const errors = tf.sum(tf.square(tf.sub(latents, vectors)), 1);
  const { indices } = tf.topk(errors, Math.min(replacementCandidates, latents.shape[0] ?? 0));
  return tf.gather(latents, indices);
}

/**
 * Builds the step.
 *
 * @param params every `gen_vision_model` weight as a variable; the codebook is not trained by gradient
 * @param latentsPerStep batch times tokens, for the starting use of the codes
 */
export function createVqStep(
  config: VqConfig,
  params: Params,
  objective: VqObjective,
  latentsPerStep: number,
): VqStep {
  const codebook = params.weights[codebookName] as tf.Variable;
  const trained = Object.fromEntries(
    Object.entries(params.weights).filter(([name]) => name !== codebookName),
  ) as Record<string, tf.Variable>;
  const optimizer = createAdamW({
    variables: trained,
    beta1: 0.9,
    beta2: 0.99,
    epsilon: 1e-8,
    weightDecay: 0,
  });
  const average = createCodebookAverage(codebook, latentsPerStep / config.codes);

  const run = jit(
    (images: tf.Tensor, learningRate: tf.Tensor): VqStepResult => {
      const { grads, report } = gradsWithReport(() => {
        const quantised = quantise(config, params, vqEncoder(config, params, images));
        const decoded = vqDecoder(config, params, straightThrough(quantised.latent, quantised.vectors));
        const reconstruction = reconstructionLoss(images, decoded, objective.drawnWeight);
        const latents = tf.reshape(quantised.latent, [-1, config.codeWidth]);
        const vectors = stopGradient(tf.reshape(quantised.vectors, [-1, config.codeWidth]));
        const commitment = tf.mean(tf.square(tf.sub(latents, vectors)));
        const codes = tf.reshape(quantised.codes, [-1]);
        return {
          loss: tf.add(reconstruction, tf.mul(commitment, objective.commitment)),
          report: { reconstruction, commitment, latents, vectors, codes },
        };
      }, trained);
      const { reconstruction, commitment, latents, vectors, codes } = report;
      const clipped = clipByGlobalNorm(grads, objective.maxGradientNorm);
      optimizer.update(clipped.grads, learningRate.asScalar());
      const worst = worstCoded(latents, vectors);
      updateCodebook(average, codebook, latents, codes, objective.decay);
      return { reconstruction, commitment, gradientNorm: clipped.norm, worst };
    },
    { name: "vq-step" },
  );
  return { run, average };
}
