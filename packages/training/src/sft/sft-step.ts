// One supervised update of the decoder as traced functions: weighted cross-entropy over one or more passes, Muon on the
// matrices of the blocks, AdamW on everything else. Data and schedule are the trainer's.
import {
  type AdapterDropout,
  clipByGlobalNorm,
  createAdamW,
  createGradientAccumulator,
  createMuon,
  type GradientAccumulator,
  type Gradients,
  jit,
  type MomentStorage,
  type Params,
  type RandomWords,
  randomKey,
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

/** Dropout in front of the trained adapter's pairs. Its draws follow from the seed, the update and the pass. */
export type StepDropout = {
  /** In [0,1). */
  readonly rate: number;
  readonly seed: number;
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
   * One update from the passes of one batch. Without dropout any split into passes gives the same gradient up to rounding.
   *
   * @param rateFactor on the peak rates
   * @param number of the update, for draws of dropout
   */
  update(passes: readonly PackedSequences[], rateFactor: number, number: number): Promise<SftReport>;
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

/** The parameters with dropout in front of what is trained of their adapters; those beneath are left as they are. */
function withDropout(
  params: Params,
  trained: Readonly<Record<string, tf.Variable>>,
  dropout: AdapterDropout,
): Params {
  const moving = new Set<tf.Tensor>(Object.values(trained));
  const adapters = (params.adapters ?? []).map((adapter) =>
    Object.values(adapter.pairs).some(({ a }) => moving.has(a)) ? { ...adapter, dropout } : adapter,
  );
  return { ...params, adapters };
}

/**
 * Builds the update.
 *
 * @param trained the variables to train, by weight name; the same objects as in `params`
 * @param dropout none when left out
 */
export function createSftStep(
  config: JanusConfig,
  params: Params,
  trained: Readonly<Record<string, tf.Variable>>,
  parts: PartWeights,
  how: SftOptimisation,
  dropout: StepDropout = { rate: 0, seed: 0 },
): SftStep {
  const optimizers = createOptimizers(trained, how);
  const lossOptions: SequenceLossOptions = how.recompute === true ? { recompute: trained } : {};
  let sums: GradientAccumulator | undefined;

  function gradients(
    batch: PackedTensors,
    tokens: tf.Tensor,
    words: RandomWords,
  ): { grads: Gradients; report: Losses } {
    const thinned = dropout.rate > 0 ? withDropout(params, trained, { rate: dropout.rate, words }) : params;
    return gradsWithReport(() => {
      const options = { ...lossOptions, weightedTokens: tokens };
      const { loss, chain, boi, image } = sequenceLoss(config, thinned, batch, parts, options);
      return { loss, report: { chain, boi, image } };
    }, trained);
  }

  const whole = jit(
    (batch: PackedTensors, tokens: tf.Tensor, rateFactor: tf.Tensor, words: RandomWords) => {
      const { grads, report } = gradients(batch, tokens, words);
      return { ...report, gradientNorm: optimizers.apply(grads, rateFactor) };
    },
    { name: "sft-step", matmul: how.matmul },
  );
  const accumulate = jit(
    (batch: PackedTensors, tokens: tf.Tensor, words: RandomWords) => {
      const { grads, report } = gradients(batch, tokens, words);
      sums?.add(grads);
      return report;
    },
    { name: "sft-gradients", matmul: how.matmul },
  );
  const apply = jit(
    (rateFactor: tf.Tensor) => ({ gradientNorm: optimizers.apply(sums?.take() ?? {}, rateFactor) }),
    { name: "sft-update" },
  );

  const wordsOf = (update: number, pass: number): RandomWords => ({
    key: randomKey(dropout.seed),
    counter: tf.tensor1d([0, update, pass, 0], "int32"),
  });

  /** All in one call: gradients need not outlive it. */
  async function onePass(pass: PackedSequences, tokens: tf.Tensor, factor: tf.Tensor, number: number) {
    const [batch, words] = [packedTensors(pass), wordsOf(number, 0)];
    const result = await whole.async(batch, tokens, factor, words);
    const sums = await sumsOf(result, partCounts(pass));
    const gradientNorm = await scalarOf(result.gradientNorm);
    tf.dispose([batch, words, result]);
    return { sums, gradientNorm };
  }

  async function severalPasses(
    passes: readonly PackedSequences[],
    tokens: tf.Tensor,
    factor: tf.Tensor,
    number: number,
  ): Promise<{ sums: PartCounts; gradientNorm: number }> {
    sums ??= createGradientAccumulator(trained);
    let total: PartCounts = { chain: 0, boi: 0, image: 0 };
    for (const [at, pass] of passes.entries()) {
      const [batch, words] = [packedTensors(pass), wordsOf(number, at)];
      const losses = await accumulate.async(batch, tokens, words);
      total = addCounts(total, await sumsOf(losses, partCounts(pass)));
      tf.dispose([batch, words, losses]);
    }
    const result = await apply.async(factor);
    const gradientNorm = await scalarOf(result.gradientNorm);
    tf.dispose(result);
    return { sums: total, gradientNorm };
  }

  return {
    state: optimizers.state,
    async update(passes, rateFactor, number) {
      const counts = passes.map(partCounts).reduce(addCounts);
      const tokens = tf.scalar(weightedTokens(counts, parts));
      const factor = tf.scalar(rateFactor);
      const [only, ...others] = passes;
      const found =
        only !== undefined && others.length === 0
          ? await onePass(only, tokens, factor, number)
          : await severalPasses(passes, tokens, factor, number);
      tf.dispose([tokens, factor]);
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
