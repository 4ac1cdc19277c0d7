// One supervised step of the decoder as a traced function: weighted cross-entropy, Muon on the matrices of the blocks,
// AdamW on everything else. Data and schedule are the trainer's.
import {
  clipByGlobalNorm,
  createAdamW,
  createMuon,
  type Gradients,
  type Jitted,
  jit,
  type Params,
  tf,
} from "@easel/engine";
import { type JanusConfig, type PackedTensors, type PartWeights, sequenceLoss } from "@easel/janus";
import { gradsWithReport } from "../grads-with-report.js";

/** How a step moves the weights. */
export type SftOptimisation = {
  /** Peak learning rate of Muon, for the two-dimensional weights of the decoder blocks; 0 leaves Muon out. */
  readonly muonRate: number;
  /** Peak learning rate of AdamW, for all other weights. */
  readonly adamRate: number;
  readonly weightDecay: number;
  readonly maxGradientNorm: number;
  /** Precision of matrix products; sums and everything else are float32. */
  readonly matmul: "f32" | "bf16";
};

/** What a step reports, scalars in nats. */
export type SftStepResult = {
  readonly chain: tf.Tensor;
  readonly boi: tf.Tensor;
  readonly image: tf.Tensor;
  readonly gradientNorm: tf.Tensor;
};

/** A traced supervised step. */
export type SftStep = Jitted<[batch: PackedTensors, rateFactor: tf.Tensor], SftStepResult>;

/** Matrices inside decoder blocks: what Muon is made for. Embeddings and heads are not. */
function isBlockMatrix(name: string, variable: tf.Variable): boolean {
  return name.includes(".layers.") && name.startsWith("language_model.") && variable.rank === 2;
}

function subset(grads: Gradients, names: ReadonlySet<string>): Gradients {
  return Object.fromEntries(Object.entries(grads).filter(([name]) => names.has(name)));
}

/**
 * Builds the step.
 *
 * @param trained the variables to train, by weight name; the same objects as in `params`
 */
export function createSftStep(
  config: JanusConfig,
  params: Params,
  trained: Readonly<Record<string, tf.Variable>>,
  parts: PartWeights,
  how: SftOptimisation,
): SftStep {
  const matrices = new Set(
    Object.entries(trained).flatMap(([name, variable]) =>
      how.muonRate > 0 && isBlockMatrix(name, variable) ? [name] : [],
    ),
  );
  const pick = (wanted: boolean): Record<string, tf.Variable> =>
    Object.fromEntries(Object.entries(trained).filter(([name]) => matrices.has(name) === wanted));
  const others = pick(false);
  const muon = matrices.size > 0 ? createMuon({ variables: pick(true) }) : undefined;
  const adamw = createAdamW({
    variables: others,
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    weightDecay: how.weightDecay,
  });
  const otherNames = new Set(Object.keys(others));

  return jit(
    (batch: PackedTensors, rateFactor: tf.Tensor): SftStepResult => {
      const { grads, report } = gradsWithReport(() => {
        const { loss, chain, boi, image } = sequenceLoss(config, params, batch, parts);
        return { loss, report: { chain, boi, image } };
      }, trained);
      const clipped = clipByGlobalNorm(grads, how.maxGradientNorm);
      muon?.update(subset(clipped.grads, matrices), tf.mul(rateFactor, how.muonRate).asScalar());
      adamw.update(subset(clipped.grads, otherNames), tf.mul(rateFactor, how.adamRate).asScalar());
      return { ...report, gradientNorm: clipped.norm };
    },
    { name: "sft-step", matmul: how.matmul },
  );
}
