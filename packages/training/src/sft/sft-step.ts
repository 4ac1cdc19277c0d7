// One supervised update of the decoder as traced functions: weighted cross-entropy over one or more passes, Muon on the
// matrices of the blocks, AdamW on everything else. Data and schedule are the trainer's.
import {
  clipByGlobalNorm,
  createAdamW,
  createGradientAccumulator,
  createMuon,
  type GradientAccumulator,
  type Gradients,
  jit,
  type MomentStorage,
  type Params,
  tf,
} from "@easel/engine";
import {
  type JanusConfig,
  type PackedSequences,
  type PackedTensors,
  type PartWeights,
  packedTensors,
  type SequenceLossOptions,
  sequenceLoss,
} from "@easel/janus";
import { gradsWithReport } from "../grads-with-report.js";
import { addCounts, type PartCounts, partCounts, weightedTokens } from "./part-counts.js";

/** How a step moves the weights. */
export type SftOptimisation = {
  /** Peak learning rate of Muon, for the two-dimensional weights of the decoder blocks; 0 leaves Muon out. */
  readonly muonRate: number;
  /** Peak learning rate of AdamW, for all other weights. */
  readonly adamRate: number;
  /** AdamW's; 0.9, 0.95 and 1e-8 when left out. */
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** On matrices; norms and biases never decay. */
  readonly weightDecay: number;
  readonly maxGradientNorm: number;
  /** Precision of matrix products; sums and everything else are float32. */
  readonly matmul: "f32" | "bf16";
  /** How AdamW's moments are kept; `f32` when left out. */
  readonly moments?: MomentStorage;
  /** Activation checkpointing by layer; false when left out. */
  readonly recompute?: boolean;
};

/** What an update reports: plain means over the tokens of each part, in nats, and the gradient norm before clipping. */
export type SftReport = {
  readonly chain: number;
  readonly boi: number;
  readonly image: number;
  readonly gradientNorm: number;
};

/** Updates of one model. Calls must not overlap. */
export type SftStep = {
  /**
   * One update from the passes of one batch. Any split into passes gives the same gradient up to rounding.
   *
   * @param rateFactor on the peak rates
   */
  update(passes: readonly PackedSequences[], rateFactor: number): Promise<SftReport>;
  /** What the optimizers remember, by stable names. */
  readonly state: Readonly<Record<string, tf.Variable>>;
  /** Frees functions and state; the trained variables stay. */
  dispose(): void;
};

type Losses = { readonly chain: tf.Tensor; readonly boi: tf.Tensor; readonly image: tf.Tensor };

/** Matrices inside decoder blocks: what Muon is made for. Embeddings and heads are not. */
function isBlockMatrix(name: string, variable: tf.Variable): boolean {
  return name.includes(".layers.") && name.startsWith("language_model.") && variable.rank === 2;
}

function subset(grads: Gradients, names: ReadonlySet<string>): Gradients {
  return Object.fromEntries(Object.entries(grads).filter(([name]) => names.has(name)));
}

/** Both optimizers behind one update. */
function createOptimizers(trained: Readonly<Record<string, tf.Variable>>, how: SftOptimisation) {
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
    beta1: how.beta1 ?? 0.9,
    beta2: how.beta2 ?? 0.95,
    epsilon: how.epsilon ?? 1e-8,
    weightDecay: how.weightDecay,
    groups: [{ includes: (name) => (others[name]?.rank ?? 0) < 2, weightDecay: 0 }],
    ...(how.moments === undefined ? {} : { moments: how.moments }),
  });
  const otherNames = new Set(Object.keys(others));
  return {
    state: { ...adamw.state, ...muon?.state },
    /** Clips, moves the variables, and returns the norm before clipping. */
    apply(grads: Gradients, rateFactor: tf.Tensor): tf.Tensor {
      const clipped = clipByGlobalNorm(grads, how.maxGradientNorm);
      muon?.update(subset(clipped.grads, matrices), tf.mul(rateFactor, how.muonRate).asScalar());
      adamw.update(subset(clipped.grads, otherNames), tf.mul(rateFactor, how.adamRate).asScalar());
      return clipped.norm;
    },
    dispose() {
      muon?.dispose();
      adamw.dispose();
    },
  };
}

async function scalarOf(tensor: tf.Tensor): Promise<number> {
  return (await tensor.data())[0] ?? Number.NaN;
}

/** Sums over tokens of each part, from a pass's means. */
async function sumsOf(losses: Losses, counts: PartCounts): Promise<PartCounts> {
  const [chain, boi, image] = await Promise.all([losses.chain, losses.boi, losses.image].map(scalarOf));
  return {
    chain: (chain ?? 0) * counts.chain,
    boi: (boi ?? 0) * counts.boi,
    image: (image ?? 0) * counts.image,
  };
}

/**
 * Builds the update.
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
  const optimizers = createOptimizers(trained, how);
  const lossOptions: SequenceLossOptions = how.recompute === true ? { recompute: trained } : {};
  let sums: GradientAccumulator | undefined;

  function gradients(batch: PackedTensors, tokens: tf.Tensor): { grads: Gradients; report: Losses } {
    return gradsWithReport(() => {
      const options = { ...lossOptions, weightedTokens: tokens };
      const { loss, chain, boi, image } = sequenceLoss(config, params, batch, parts, options);
      return { loss, report: { chain, boi, image } };
    }, trained);
  }

  const whole = jit(
    (batch: PackedTensors, tokens: tf.Tensor, rateFactor: tf.Tensor) => {
      const { grads, report } = gradients(batch, tokens);
      return { ...report, gradientNorm: optimizers.apply(grads, rateFactor) };
    },
    { name: "sft-step", matmul: how.matmul },
  );
  const accumulate = jit(
    (batch: PackedTensors, tokens: tf.Tensor) => {
      const { grads, report } = gradients(batch, tokens);
      sums?.add(grads);
      return report;
    },
    { name: "sft-gradients", matmul: how.matmul },
  );
  const apply = jit(
    (rateFactor: tf.Tensor) => ({ gradientNorm: optimizers.apply(sums?.take() ?? {}, rateFactor) }),
    { name: "sft-update" },
  );

  /** All in one call: gradients need not outlive it. */
  async function onePass(batch: PackedTensors, tokens: tf.Tensor, factor: tf.Tensor, counts: PartCounts) {
    const result = await whole.async(batch, tokens, factor);
    const found = { sums: await sumsOf(result, counts), gradientNorm: await scalarOf(result.gradientNorm) };
    tf.dispose(result);
    return found;
  }

  async function severalPasses(
    passes: readonly PackedSequences[],
    tokens: tf.Tensor,
    factor: tf.Tensor,
  ): Promise<{ sums: PartCounts; gradientNorm: number }> {
    sums ??= createGradientAccumulator(trained);
    let total: PartCounts = { chain: 0, boi: 0, image: 0 };
    for (const pass of passes) {
      const batch = packedTensors(pass);
      const losses = await accumulate.async(batch, tokens);
      total = addCounts(total, await sumsOf(losses, partCounts(pass)));
      tf.dispose([batch, losses]);
    }
    const result = await apply.async(factor);
    const gradientNorm = await scalarOf(result.gradientNorm);
    tf.dispose(result);
    return { sums: total, gradientNorm };
  }

  return {
    state: optimizers.state,
    async update(passes, rateFactor) {
      const counts = passes.map(partCounts).reduce(addCounts);
      const tokens = tf.scalar(weightedTokens(counts, parts));
      const factor = tf.scalar(rateFactor);
      const [only] = passes;
      const single = passes.length === 1 && only !== undefined ? packedTensors(only) : undefined;
      const found =
        single === undefined
          ? await severalPasses(passes, tokens, factor)
          : await onePass(single, tokens, factor, counts);
      tf.dispose([tokens, factor, ...(single === undefined ? [] : Object.values(single))]);
      return {
        chain: found.sums.chain / Math.max(counts.chain, 1),
        boi: found.sums.boi / Math.max(counts.boi, 1),
        image: found.sums.image / Math.max(counts.image, 1),
        gradientNorm: found.gradientNorm,
      };
    },
    dispose() {
      for (const jitted of [whole, accumulate, apply]) jitted.dispose();
      sums?.dispose();
      optimizers.dispose();
    },
  };
}
