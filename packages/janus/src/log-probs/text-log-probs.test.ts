// Log-probs of chain tokens over a wide vocabulary: the numbers of whole logits, without their memory, measured on the
// process itself. Needs the native library: the peak of an interpreter says nothing.
import { jit, type Params, startEngine, tf, valueAndGrads } from "@easel/engine";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { textLogits } from "../decoder/heads.js";
import { targetLogProbs } from "./target-log-probs.js";
import { largestTextLogits, textChunk, textLogProbs } from "./text-log-probs.js";

it("takes all tokens at once only where their logits are small", () => {
  const sizes = fc.tuple(fc.integer({ min: 1, max: 50_000 }), fc.integer({ min: 1, max: 200_000 }));
  fc.assert(
    fc.property(sizes, ([tokens, vocabulary]) => {
      const chunk = textChunk(tokens, vocabulary);
      expect(chunk).toBeGreaterThanOrEqual(1);
      expect(chunk).toBeLessThanOrEqual(tokens);
      if (vocabulary <= largestTextLogits) expect(chunk * vocabulary).toBeLessThanOrEqual(largestTextLogits);
      if (tokens * vocabulary <= largestTextLogits) expect(chunk).toBe(tokens);
    }),
  );
  expect(textChunk(1200, 102_400)).toBe(163);
});

describe.skipIf(process.env.EASEL_TENSORFLOW_DIR === undefined)("over the vocabulary of Janus-Pro", () => {
  const vocabulary = 102_400;
  const hidden = 16;
  const rank = 2;

  beforeAll(async () => {
    await startEngine({ backend: "tensorflow" });
  });

  const head = (): tf.Tensor => tf.randomUniform([vocabulary, hidden], -0.5, 0.5, "float32", 1);
  const statesOf = (tokens: number): tf.Variable =>
    tf.variable(tf.randomUniform([tokens, hidden], -1, 1, "float32", 2));
  const targetsOf = (tokens: number): tf.Tensor =>
    tf.tensor1d(
      Int32Array.from({ length: tokens }, (_, i) => (i * 7919) % vocabulary),
      "int32",
    );

  it.each([
    { what: "an adapter on the head", isPaired: true, isOwned: false },
    { what: "token rows over a frozen head", isPaired: false, isOwned: true },
    { what: "token rows over an adapter on the head", isPaired: true, isOwned: true },
  ])("gives the log-probs, entropies and gradients of whole logits, with $what", ({ isPaired, isOwned }) => {
    const tokens = 200;
    expect(textChunk(tokens, vocabulary)).toBeLessThan(tokens);
    const states = statesOf(tokens);
    const a = tf.variable(tf.randomUniform([rank, hidden], -1, 1, "float32", 3));
    const b = tf.variable(tf.randomUniform([vocabulary, rank], -0.3, 0.3, "float32", 4));
    // Among them tokens that are targets, and one of them first and one last in the vocabulary.
    const ids = [7919, 0, 100, 101, vocabulary - 1];
    const values = tf.variable(tf.randomUniform([ids.length, hidden], -1, 1, "float32", 6));
    const path = "language_model.lm_head";
    const adapters = [
      ...(isPaired ? [{ rank, alpha: 2 * rank, pairs: { [path]: { a, b } } }] : []),
      ...(isOwned ? [{ rank, alpha: 1, pairs: {}, tokenRows: { [path]: { ids, values } } }] : []),
    ];
    const trained = { states, ...(isPaired ? { a, b } : {}), ...(isOwned ? { values } : {}) };
    const params: Params = { weights: { "language_model.lm_head.weight": head() }, adapters };
    const targets = targetsOf(tokens);
    const weights = tf.randomUniform([tokens], -1, 1, "float32", 5);
    const both = [
      textLogProbs,
      (p: Params, x: tf.Tensor, y: tf.Tensor, t: number) => targetLogProbs(textLogits(p, x), y, t),
    ].map((compute) => {
      const { entropy } = compute(params, states, targets, 0.7);
      const loss = (): tf.Tensor => tf.sum(tf.mul(compute(params, states, targets, 0.7).logProbs, weights));
      return { entropy, ...valueAndGrads(loss, trained) };
    });
    const [chunked, whole] = both as [(typeof both)[number], (typeof both)[number]];
    const worst = (x: tf.Tensor, y: tf.Tensor): number =>
      tf.max(tf.abs(tf.sub(x, y))).dataSync()[0] ?? Number.NaN;
    expect(worst(chunked.entropy, whole.entropy)).toBeLessThan(1e-4);
    expect(worst(chunked.value, whole.value)).toBeLessThan(1e-2);
    for (const name of Object.keys(trained)) {
      const wanted = whole.grads[name] as tf.Tensor;
      const scale = tf.max(tf.abs(wanted)).dataSync()[0] ?? Number.NaN;
      expect(scale).toBeGreaterThan(0);
      expect(worst(chunked.grads[name] as tf.Tensor, wanted)).toBeLessThan(1e-5 + 1e-3 * scale);
    }
  });

  it("never holds the logits of all tokens", { timeout: 300_000 }, () => {
    const params: Params = { weights: { "language_model.lm_head.weight": head() } };
    const step = (states: tf.Variable): { value: tf.Tensor; gradient: tf.Tensor } =>
      jit((targets: tf.Tensor) => {
        const loss = () => tf.sum(textLogProbs(params, states, targets, 1).logProbs);
        const { value, grads } = valueAndGrads(loss, { states });
        return { value, gradient: grads.states as tf.Tensor };
      })(targetsOf(states.shape[0] ?? 0));
    const peakBytes = (): number => process.resourceUsage().maxRSS * 1024;
    step(statesOf(164));
    const before = peakBytes();
    const tokens = 1312;
    step(statesOf(tokens));
    const logitsBytes = tokens * vocabulary * 4;
    expect(logitsBytes).toBeGreaterThan(500e6);
    expect(peakBytes() - before).toBeLessThan(0.5 * logitsBytes);
  });
});
