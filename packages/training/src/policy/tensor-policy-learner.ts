// The policy learner on tensors: packs rollouts, runs the reference and gradient passes part by part, applies the
// update. Which rollouts, and under which manifest, is the learner process's; files are in policy-state.ts.
import { spec, tf } from "@easel/engine";
import type { Aggregation } from "@easel/grpo";
import {
  type JanusModel,
  type PackedTensors,
  packedTensors,
  packSequences,
  type TokenLogProbsOptions,
} from "@easel/janus";
import { TrainingError } from "../errors.js";
import type { PolicyObjectiveOptions, PolicyReport, PolicyTargets } from "./policy-objective.js";
import { exportPolicy, loadPolicyState, savePolicyState } from "./policy-state.js";
import { createPolicyStep, type PolicyOptimisation } from "./policy-step.js";
import { countedTokens, type WeightedRow, weightedRows } from "./row-weights.js";
import { stepTargets } from "./step-targets.js";
import type { TrainablePolicy } from "./trainable-policy.js";
import type { PolicyLearner, TrainingRow, UpdateMetrics } from "./types.js";

/** Settings of the learner beside the model. */
export type TensorLearnerOptions = PolicyOptimisation &
  PolicyObjectiveOptions & {
    /** Must equal the sampler's. */
    readonly logProbs: TokenLogProbsOptions;
    /** What a token weighs in the loss. */
    readonly aggregation: Aggregation;
    /** Rows of one gradient pass; bounds memory. */
    readonly rowsPerPass: number;
  };

type Totals = { [key in keyof PolicyReport | "loss"]: number };

/** Padded sizes; multiples keep the number of compiled shapes small. */
const lengthBucket = 16;
const textBucketPerRow = 8;

/** Chains of ordinary parts of a batch on the synthetic world: two objects, three, three with long names. */
const warmChainTokens = [40, 60, 62];

/**
 * Rows in parts of at most `size`, rows of like length together: a part is padded to its longest row only. Sums over
 * parts do not depend on the order but for rounding, and the order is a function of the rows alone.
 */
function partsByLength(rows: readonly WeightedRow[], size: number): readonly (readonly WeightedRow[])[] {
  const lengthOf = (row: TrainingRow): number => row.promptIds.length + row.chainIds.length;
  const sorted = [...rows].sort((a, b) => lengthOf(a) - lengthOf(b));
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, part) =>
    sorted.slice(part * size, (part + 1) * size),
  );
}

async function scalarOf(tensor: tf.Tensor): Promise<number> {
  return (await tensor.data())[0] ?? Number.NaN;
}

/** Runs `work` with the tensors of some rows and frees them afterwards. */
async function withRows<T>(
  rows: readonly WeightedRow[],
  padId: number,
  rowsPerPass: number,
  work: (
    batch: PackedTensors,
    targets: Omit<PolicyTargets, "referenceText" | "referenceImage">,
  ) => Promise<T>,
): Promise<T> {
  const packed = packSequences({
    rows,
    padId,
    lengthBucket,
    textBucket: textBucketPerRow * rowsPerPass,
    rowBucket: rowsPerPass,
  });
  const plain = stepTargets(rows, packed);
  const batch = packedTensors(packed);
  const targets = {
    behaviourText: tf.tensor1d(plain.behaviourText),
    behaviourImage: tf.tensor2d(plain.behaviourImage, [packed.rows, packed.imageTokens]),
    textAdvantages: tf.tensor1d(plain.textAdvantages),
    imageAdvantages: tf.tensor1d(plain.imageAdvantages),
    textWeights: tf.tensor1d(plain.textWeights),
    imageWeights: tf.tensor1d(plain.imageWeights),
  };
  try {
    return await work(batch, targets);
  } finally {
    tf.dispose([batch, targets]);
  }
}

function assertFinite(totals: Totals, gradientNorm: number): void {
  const broken = Object.entries({ ...totals, gradientNorm }).filter(([, value]) => !Number.isFinite(value));
  if (broken.length === 0) return;
  throw new TrainingError(
    "EASEL_TRAINING_NOT_FINITE",
    `The update gave ${broken.map(([name, value]) => `${name} = ${value}`).join(", ")}. ` +
      "Go back to the last checkpoint with a lower learning rate; if it happens at step 0, check the weights.",
  );
}

/** A learner for one model. Calls must not overlap. */
export function createTensorPolicyLearner(
  model: JanusModel,
  policy: TrainablePolicy,
  options: TensorLearnerOptions,
): PolicyLearner {
  const { config, tokenizer } = model;
  const { logProbs, rowsPerPass } = options;
  const step = createPolicyStep(
    config,
    policy.params,
    policy.reference,
    policy.trained,
    logProbs,
    options,
    options,
  );

  /** Adds the gradients of one part; returns its sums. */
  async function pass(rows: readonly WeightedRow[]): Promise<Totals> {
    return withRows(rows, tokenizer.ids.pad, rowsPerPass, async (batch, targets) => {
      const reference = await step.reference.async(batch);
      const result = await step.accumulate.async(batch, {
        ...targets,
        referenceText: reference.text,
        referenceImage: reference.image,
      });
      const entries = await Promise.all(
        Object.entries(result).map(async ([name, tensor]) => [name, await scalarOf(tensor)] as const),
      );
      tf.dispose([reference, result]);
      return Object.fromEntries(entries) as Totals;
    });
  }

  /** Compiles the passes for a part of rows of one length; shapes that do not come up here are compiled when first met. */
  async function warmPart(chainTokens: number): Promise<void> {
    const row: WeightedRow = {
      promptIds: Array.from({ length: 20 }, () => tokenizer.ids.begin),
      chainIds: Array.from({ length: chainTokens }, () => tokenizer.ids.beginImage),
      forcedBoi: false,
      imageCodes: new Int32Array(config.image.tokens),
      behaviourLogProbs: new Float32Array(chainTokens + config.image.tokens),
      advantage: 0,
      tokenWeight: 0,
    };
    const rows = Array.from({ length: rowsPerPass }, () => row);
    await withRows(rows, tokenizer.ids.pad, rowsPerPass, async (batch, targets) => {
      const { behaviourText: referenceText, behaviourImage: referenceImage } = targets;
      await step.reference.warm(batch);
      await step.accumulate.warm(batch, { ...targets, referenceText, referenceImage });
    });
  }

  async function update(
    rows: readonly TrainingRow[],
    { learningRate }: { readonly learningRate: number },
  ): Promise<UpdateMetrics> {
    const counts = rows.map(countedTokens);
    const counted = {
      text: counts.reduce((sum, { text }) => sum + text, 0),
      image: counts.reduce((sum, { image }) => sum + image, 0),
    };
    const all = counted.text + counted.image;
    const parts: Totals[] = [];
    const weighted = weightedRows(rows, options.aggregation);
    for (const part of partsByLength(weighted, rowsPerPass)) parts.push(await pass(part));
    const total = (key: keyof Totals): number => parts.reduce((sum, part) => sum + part[key], 0);
    const names = Object.keys(parts[0] ?? {}) as (keyof Totals)[];
    const totals = Object.fromEntries(names.map((name) => [name, total(name)])) as Totals;
    assertFinite(totals, 0);
    const rate = tf.scalar(learningRate);
    const applied = await step.apply.async(rate);
    const gradientNorm = await scalarOf(applied.gradientNorm);
    tf.dispose([rate, applied]);
    assertFinite(totals, gradientNorm);
    return {
      loss: totals.loss,
      kl: totals.kl / all,
      textEntropy: totals.textEntropy / Math.max(counted.text, 1),
      imageEntropy: totals.imageEntropy / Math.max(counted.image, 1),
      clippedLow: totals.clippedLow / all,
      clippedHigh: totals.clippedHigh / all,
      textMismatch: totals.textShift / Math.max(counted.text, 1),
      imageMismatch: totals.imageShift / Math.max(counted.image, 1),
      gradientNorm,
      tokens: all,
    };
  }

  return {
    update,
    exportWeights: () => exportPolicy(policy),
    saveState: (folder) => savePolicyState(folder, policy, step.optimizer),
    loadState: (folder) => loadPolicyState(folder, policy, step.optimizer),
    async warmUp() {
      for (const chainTokens of warmChainTokens) await warmPart(chainTokens);
      await step.apply.warm(spec([]));
    },
  };
}
