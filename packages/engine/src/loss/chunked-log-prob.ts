// Log-probabilities of chosen tokens straight from hidden states, a few rows at a time: the `[N, V]` logits never exist
// at once, neither forward nor backward. Costs one more product with the head's weight in the backward pass.

import { EngineError } from "../errors.js";
import type { TokenRows } from "../params/params.js";
import { replaceAlong, replaceTokenOutputs } from "../params/token-rows.js";
import { tf } from "../tf.js";
import { pick } from "./log-prob.js";
import { sequencedAfter } from "./sequenced.js";

/** Optional parts of a head. */
export type ChunkedOptions = {
  /** Logits are divided by it; default 1. Use the temperature the tokens were sampled at. */
  readonly temperature?: number;
  /** `[V]`, constant: no gradient flows to it. */
  readonly bias?: tf.Tensor;
  /** False when the head is frozen: saves a `[V, D]` gradient and its products. Default true. */
  readonly weightGradient?: boolean;
  /** Rows that some tokens have in place of the weight's; gradients flow to them whether or not the head is frozen. */
  readonly tokenRows?: TokenRows | undefined;
};

type Head = {
  readonly weight: tf.Tensor;
  readonly targets: tf.Tensor;
  readonly bias: tf.Tensor | undefined;
  readonly own: TokenRows | undefined;
  readonly temperature: number;
};
type Span = { readonly begin: number; readonly size: number };

/**
 * `log softmax((hidden weight^T + bias) / temperature)[target]`, computed `chunk` rows at a time.
 * An adapter on the head is passed by giving its effective weight, W + scale · B A.
 * @param hidden `[N, D]`
 * @param weight `[V, D]`
 * @param targets int32 `[N]`, each in [0, V)
 * @param chunk rows at a time; the peak is a few `[chunk, V]` tensors
 * @returns `[N]`
 * @throws EngineError EASEL_ENGINE_CHUNK_SIZE
 */
export function chunkedLogProb(
  hidden: tf.Tensor,
  weight: tf.Tensor,
  targets: tf.Tensor,
  chunk: number,
  options: ChunkedOptions = {},
): tf.Tensor1D {
  return chunkedTokenStatistics(hidden, weight, targets, chunk, options, false).slice([0, 0], [1, -1]).as1D();
}

/**
 * {@link chunkedLogProb} together with the entropy of each row's distribution, in nats, from the same logits.
 * No gradient flows through the entropy.
 */
export function chunkedLogProbAndEntropy(
  hidden: tf.Tensor,
  weight: tf.Tensor,
  targets: tf.Tensor,
  chunk: number,
  options: ChunkedOptions = {},
): { readonly logProb: tf.Tensor1D; readonly entropy: tf.Tensor1D } {
  const both = chunkedTokenStatistics(hidden, weight, targets, chunk, options, true);
  return { logProb: both.slice([0, 0], [1, -1]).as1D(), entropy: both.slice([1, 0], [1, -1]).as1D() };
}

// Rows: log-probability, log-normaliser, and the entropy instead of the latter when asked for. `[2, N]`.
function chunkedTokenStatistics(
  hidden: tf.Tensor,
  weight: tf.Tensor,
  targets: tf.Tensor,
  chunk: number,
  options: ChunkedOptions,
  withEntropy: boolean,
): tf.Tensor {
  if (!Number.isInteger(chunk) || chunk < 1) {
    throw new EngineError("EASEL_ENGINE_CHUNK_SIZE", `A chunk needs at least 1 row, not ${chunk}.`);
  }
  const { temperature = 1, bias, weightGradient = true, tokenRows } = options;
  const spans = spansOf(hidden.shape[0] ?? 0, chunk);
  // What is no input of the custom op gets no gradient.
  const inputs = [
    hidden,
    ...(weightGradient ? [weight] : []),
    ...(tokenRows === undefined ? [] : [tokenRows.values]),
  ];
  const run = tf.customGrad((...args) => {
    const save = args.at(-1) as tf.GradSaveFunc;
    const [h, ...others] = args.slice(0, inputs.length) as [tf.Tensor, ...tf.Tensor[]];
    const w = weightGradient ? (others[0] as tf.Tensor) : weight;
    const values = others.at(-1) as tf.Tensor;
    const own = tokenRows === undefined ? undefined : { ids: tokenRows.ids, values };
    const forward = forwardChunks(h, { weight: w, targets, bias, own, temperature }, spans, withEntropy);
    const optional = [...(bias === undefined ? [] : [bias]), ...(own === undefined ? [] : [own.values])];
    save([h, w, forward.logNormaliser, targets, ...optional]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [savedHidden, savedWeight, logNormaliser, savedTargets, ...rest] = saved as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
        ...tf.Tensor[],
      ];
      const head: Head = {
        weight: savedWeight,
        targets: savedTargets,
        bias: bias === undefined ? undefined : rest[0],
        own: tokenRows === undefined ? undefined : { ids: tokenRows.ids, values: rest.at(-1) as tf.Tensor },
        temperature,
      };
      const dLogProb = dy.slice([0, 0], [1, -1]).as1D();
      return backwardChunks(savedHidden, head, logNormaliser, dLogProb, spans, weightGradient);
    };
    return { value: forward.value, gradFunc };
  });
  return run(...inputs);
}

function forwardChunks(hidden: tf.Tensor, head: Head, spans: readonly Span[], withEntropy: boolean) {
  const logProbs: tf.Tensor[] = [];
  const logNormalisers: tf.Tensor[] = [];
  const entropies: tf.Tensor[] = [];
  for (const span of spans) {
    const rows = afterLast(rowsOf(hidden, span), entropies.at(-1) ?? logProbs.at(-1));
    let logits = tf.matMul(rows, head.weight, false, true);
    if (head.bias !== undefined) logits = tf.add(logits, head.bias);
    if (head.own !== undefined) logits = replaceTokenOutputs(head.own, rows, logits, head.bias);
    if (head.temperature !== 1) logits = tf.div(logits, head.temperature);
    const logNormaliser = tf.logSumExp(logits, -1);
    logNormalisers.push(logNormaliser);
    logProbs.push(tf.sub(pick(logits, rowsOf(head.targets, span)), logNormaliser));
    if (withEntropy) {
      const probability = tf.exp(tf.sub(logits, logNormaliser.expandDims(1)));
      entropies.push(tf.sub(logNormaliser, tf.sum(tf.mul(probability, logits), -1)));
    }
  }
  const logNormaliser = tf.concat(logNormalisers, 0);
  const second = withEntropy ? tf.concat(entropies, 0) : logNormaliser;
  return { value: tf.stack([tf.concat(logProbs, 0), second], 0), logNormaliser };
}

// d logits = (one-hot - softmax) dy / temperature, with the softmax recomputed. Everything is transposed, `[V, chunk]`:
// the same product written as in the forward pass would be merged with it by common-subexpression elimination, which
// would keep all logits alive from the forward pass on.
function backwardChunks(
  hidden: tf.Tensor,
  head: Head,
  logNormaliser: tf.Tensor,
  dLogProb: tf.Tensor,
  spans: readonly Span[],
  weightGradient: boolean,
): tf.Tensor[] {
  const vocabulary = tf.range(0, head.weight.shape[0] ?? 0, 1, "int32").expandDims(1);
  const dHidden: tf.Tensor[] = [];
  let dWeight: tf.Tensor | undefined;
  let dOwn: tf.Tensor | undefined;
  const { own } = head;
  for (const span of spans) {
    const previous = dWeight ?? dHidden.at(-1);
    const rows = afterLast(rowsOf(hidden, span), previous);
    // The targets wait as well, or the one-hot matrices of all chunks would be made at the start.
    const targets = afterLast(rowsOf(head.targets, span), previous);
    let logits = tf.matMul(head.weight, rows, false, true);
    if (head.bias !== undefined) logits = tf.add(logits, head.bias.expandDims(1));
    if (own !== undefined) {
      const ownBias = head.bias === undefined ? 0 : tf.gather(head.bias, [...own.ids]).expandDims(1);
      const outputs = tf.add(tf.matMul(own.values, rows, false, true), ownBias);
      logits = replaceAlong(logits, own.ids, outputs, 0);
    }
    if (head.temperature !== 1) logits = tf.div(logits, head.temperature);
    const probability = tf.exp(tf.sub(logits, rowsOf(logNormaliser, span)));
    const chosen = tf.cast(tf.equal(vocabulary, targets), "float32");
    const dy = tf.div(rowsOf(dLogProb, span), head.temperature);
    let dLogits = tf.mul(tf.sub(chosen, probability), dy);
    let dRows: tf.Tensor | undefined;
    if (own !== undefined) {
      const dOutputs = tf.gather(dLogits, [...own.ids]);
      dLogits = replaceAlong(dLogits, own.ids, tf.zerosLike(dOutputs), 0);
      dRows = tf.matMul(dOutputs, own.values, true, false);
      const part = tf.matMul(dOutputs, rows);
      dOwn = dOwn === undefined ? part : tf.add(dOwn, part);
    }
    const dFromWeight = tf.matMul(dLogits, head.weight, true, false);
    dHidden.push(dRows === undefined ? dFromWeight : tf.add(dFromWeight, dRows));
    if (weightGradient) {
      const part = tf.matMul(dLogits, rows);
      dWeight = dWeight === undefined ? part : tf.add(dWeight, part);
    }
  }
  const whole = tf.concat(dHidden, 0);
  return [whole, ...(dWeight === undefined ? [] : [dWeight]), ...(dOwn === undefined ? [] : [dOwn])];
}

function afterLast(rows: tf.Tensor, last: tf.Tensor | undefined): tf.Tensor {
  return last === undefined ? rows : sequencedAfter(rows, last);
}

function rowsOf(x: tf.Tensor, { begin, size }: Span): tf.Tensor {
  const rest = x.shape.slice(1);
  return tf.slice(x, [begin, ...rest.map(() => 0)], [size, ...rest]);
}

function spansOf(rows: number, chunk: number): readonly Span[] {
  const spans: Span[] = [];
  for (let begin = 0; begin < rows; begin += chunk) {
    spans.push({ begin, size: Math.min(chunk, rows - begin) });
  }
  return spans;
}
