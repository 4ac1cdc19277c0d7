// Rollouts with expected log-probs, packed for the objective: what is stored row by row, chain then picture, is split into
// the packed order of text tokens and the grid of image tokens.

import { tf } from "@easel/engine";
import { packedTensors, packSequences } from "@easel/janus";

/** Packs rows; the number of text tokens is rounded up, so that fillers take part. */
export function packRows(rows, padId) {
  const packed = packSequences({ rows, padId, textBucket: 16 });
  const width = Math.max(...rows.map(({ chainIds }) => chainIds.length)) + packed.imageTokens;
  /** Values `[rows][width]`, chain then picture and zero behind, as `{ text, image }`; fillers are 0. */
  const split = (values) => {
    const text = new Float32Array(packed.textMask.length);
    const image = new Float32Array(packed.rows * packed.imageTokens);
    let next = 0;
    rows.forEach(({ chainIds }, row) => {
      const own = values.slice(row * width, (row + 1) * width);
      text.set(own.slice(0, chainIds.length), next);
      next += chainIds.length;
      image.set(own.slice(chainIds.length, chainIds.length + packed.imageTokens), row * packed.imageTokens);
    });
    return { text, image };
  };
  /** The inverse of `split`. */
  const join = ({ text, image }) => {
    const values = new Float32Array(rows.length * width);
    let next = 0;
    rows.forEach(({ chainIds }, row) => {
      values.set(text.slice(next, next + chainIds.length), row * width);
      next += chainIds.length;
      const picture = image.slice(row * packed.imageTokens, (row + 1) * packed.imageTokens);
      values.set(picture, row * width + chainIds.length);
    });
    return values;
  };
  const tokens =
    rows.reduce((sum, { chainIds }) => sum + chainIds.length, 0) + rows.length * packed.imageTokens;
  return { packed, batch: packedTensors(packed), split, join, tokens, width };
}

/** What the objective is measured against, as tensors, from log-probs in stored order. */
export function policyTargets({ packed, split, tokens }, { old, reference, advantages }) {
  const grid = [packed.rows, packed.imageTokens];
  const [behaviour, base] = [split(old), split(reference)];
  const textAdvantages = Float32Array.from(packed.textRows, (row) => advantages[row]);
  return {
    behaviourText: tf.tensor1d(behaviour.text),
    behaviourImage: tf.tensor2d(behaviour.image, grid),
    referenceText: tf.tensor1d(base.text),
    referenceImage: tf.tensor2d(base.image, grid),
    textAdvantages: tf.tensor1d(textAdvantages),
    imageAdvantages: tf.tensor1d(Float32Array.from(advantages)),
    textWeights: tf.fill([packed.textRows.length], 1 / tokens),
    imageWeights: tf.fill([packed.rows], 1 / tokens),
  };
}
