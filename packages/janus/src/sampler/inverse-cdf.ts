// One draw a row from softmax(logits / temperature), truncated where asked, with one uniform number a row. Two levels of cumulative sums,
// blocks and then inside one block, so that no running sum over the whole vocabulary is needed.
import { tf } from "@easel/engine";
import { type Truncation, truncatedLogits } from "../log-probs/truncation.js";

/** Padding logit: its exponential is exactly 0. */
const NEVER = -1e30;

/** Drawn ids int32 `[rows]`, their log-probs and, where asked for, entropies, `[rows]` in nats. */
export type Draw = {
  readonly ids: tf.Tensor;
  readonly logProbs: tf.Tensor;
  readonly entropy: tf.Tensor | null;
};

/** What to draw from. */
export type DrawOptions = {
  /** Positive, or 0 for the likeliest id with its log-prob at temperature 1 and without truncation. */
  readonly temperature: number;
  readonly truncation?: Truncation;
  /** Whether entropies are computed. */
  readonly entropy: boolean;
};

const int = (n: number): tf.Scalar => tf.scalar(n, "int32");

/** Running sums along the last axis as one matrix product: `[rows, n]` to `[rows, n]`. */
function runningSums(x: tf.Tensor): tf.Tensor {
  const n = x.shape[1] ?? 0;
  const steps = tf.range(0, n, 1, "int32");
  const upper = tf.lessEqual(tf.reshape(steps, [n, 1]), tf.reshape(steps, [1, n]));
  return tf.matMul(x as tf.Tensor2D, tf.cast(upper, "float32") as tf.Tensor2D);
}

/** Float32 `[rows, n]`: 1 in the column that `index` `[rows]` names. */
function marker(index: tf.Tensor, n: number): tf.Tensor {
  return tf.cast(tf.equal(tf.expandDims(index, 1), tf.range(0, n, 1, "int32")), "float32");
}

/** The last column with a positive weight, int32 `[rows]`. */
function lastPositive(weights: tf.Tensor): tf.Tensor {
  const columns = tf.range(0, weights.shape[1] ?? 0, 1, "int32");
  return tf.max(tf.mul(tf.cast(tf.greater(weights, 0), "int32"), columns), -1);
}

/** How many running sums are not above the target, at most the last column that can be drawn. */
function crossing(sums: tf.Tensor, target: tf.Tensor, weights: tf.Tensor): tf.Tensor {
  const passed = tf.cast(tf.lessEqual(sums, tf.expandDims(target, 1)), "int32");
  return tf.minimum(tf.sum(passed, -1), lastPositive(weights));
}

/**
 * Draws by inverting the cumulative distribution: the id whose interval of cumulative probability holds `uniform`.
 *
 * @param logits `[rows, width]`
 * @param uniform `[rows]` in [0,1)
 */
export function inverseCdf(
  logits: tf.Tensor,
  uniform: tf.Tensor,
  { temperature, truncation = {}, entropy: withEntropy }: DrawOptions,
): Draw {
  const [rows = 0, width = 0] = logits.shape;
  const block = Math.ceil(Math.sqrt(width));
  const blocks = Math.ceil(width / block);
  const scaled = temperature === 0 || temperature === 1 ? logits : tf.div(logits, temperature);
  const kept = temperature === 0 ? scaled : truncatedLogits(scaled, truncation);
  const shifted = tf.sub(kept, tf.max(kept, -1, true));
  const padded = tf.pad(
    shifted as tf.Tensor2D,
    [
      [0, 0],
      [0, blocks * block - width],
    ],
    NEVER,
  );
  const weights = tf.reshape(tf.exp(padded), [rows, blocks, block]);
  const blockSums = tf.sum(weights, -1);
  const total = tf.sum(blockSums, -1);
  const logTotal = tf.log(total);
  const entropy = withEntropy ? entropyOf(shifted, logTotal) : null;
  if (temperature === 0) {
    const ids = tf.cast(tf.argMax(scaled, -1), "int32");
    const likeliest = tf.max(shifted, -1); // exactly 0: the maximum was subtracted
    return { ids, logProbs: tf.sub(likeliest, logTotal), entropy };
  }

  const target = tf.mul(uniform, total);
  const sums = runningSums(blockSums);
  const chosen = crossing(sums, target, blockSums);
  const before = tf.sum(tf.mul(tf.sub(sums, blockSums), marker(chosen, blocks)), -1);
  const rowStarts = tf.range(0, rows * blocks, blocks, "int32");
  const inside = tf.gather(
    tf.reshape(weights, [rows * blocks, block]),
    tf.add(rowStarts, chosen) as tf.Tensor1D,
  );
  const within = crossing(runningSums(inside), tf.sub(target, before), inside);
  const picked = tf.sum(tf.mul(inside, marker(within, block)), -1);
  return {
    ids: tf.add(tf.mul(chosen, int(block)), within),
    logProbs: tf.sub(tf.log(picked), logTotal),
    entropy,
  };
}

function entropyOf(shifted: tf.Tensor, logTotal: tf.Tensor): tf.Tensor {
  const logProbs = tf.sub(shifted, tf.expandDims(logTotal, 1));
  return tf.neg(tf.sum(tf.mul(tf.exp(logProbs), logProbs), -1));
}
