// The objective on tensors against the same arithmetic on plain numbers with its gradient in closed form.
import { startEngine, tf } from "@easel/engine";
import { type Aggregation, aggregationWeights, policyLoss } from "@easel/grpo";
import type { PackedTensors } from "@easel/janus";
import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { policyObjective } from "./policy-objective.js";

beforeAll(async () => {
  await startEngine({ backend: "cpu" });
});

const logProb = fc.double({ min: -4, max: -0.05, noNaN: true });
const shift = fc.double({ min: -0.6, max: 0.6, noNaN: true });
const token = fc.record({
  current: logProb,
  behaviour: shift,
  reference: shift,
  mask: fc.constantFrom(0, 1),
});
const rows = fc.array(
  fc.record({
    advantage: fc.double({ min: -2, max: 2, noNaN: true }),
    text: fc.array(token, { minLength: 2, maxLength: 2 }),
    image: fc.array(token, { minLength: 3, maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 3 },
);

/** Ratios at a bound have no unique gradient. */
const nearBound = ({ behaviour }: { behaviour: number }): boolean =>
  [0.8, 1.2].some((bound) => Math.abs(Math.exp(-behaviour) - bound) < 1e-3);

const aggregation: fc.Arbitrary<Aggregation> = fc.constantFrom(
  { kind: "tokenMean" },
  { kind: "sequenceMean" },
  { kind: "drGrpo", maxLength: 7 },
);

it("gives the plain loss and its gradient, whatever a token weighs", () => {
  fc.assert(
    fc.property(rows, aggregation, (list, how) => {
      const all = list.flatMap(({ text, image }) => [...text, ...image]);
      fc.pre(!all.some(nearBound));
      const perRow = list.map(({ text, image }) => [...text, ...image]);
      const pick = (value: (t: (typeof all)[number]) => number): number[][] =>
        perRow.map((row) => row.map(value));
      const plain = policyLoss(
        {
          logProbs: pick((t) => t.current),
          oldLogProbs: pick((t) => t.current + t.behaviour),
          referenceLogProbs: pick((t) => t.current + t.reference),
          advantages: list.map(({ advantage }) => advantage),
          mask: pick((t) => t.mask),
        },
        { clip: { epsLow: 0.2, epsHigh: 0.2 }, klWeight: 0.05, aggregation: how },
      );
      const weightOf = aggregationWeights(
        pick((t) => t.mask),
        how,
      ).map((row) => Math.max(...row));
      const texts = list.flatMap(({ text }) => text);
      const images = list.map(({ image }) => image);
      const flat = (value: (t: (typeof all)[number]) => number): tf.Tensor => tf.tensor1d(texts.map(value));
      const grid = (value: (t: (typeof all)[number]) => number): tf.Tensor =>
        tf.tensor2d(images.map((row) => row.map(value)));
      const batch = { textMask: flat((t) => t.mask), imageMask: grid((t) => t.mask) } as PackedTensors;
      const targets = {
        behaviourText: flat((t) => t.current + t.behaviour),
        behaviourImage: grid((t) => t.current + t.behaviour),
        referenceText: flat((t) => t.current + t.reference),
        referenceImage: grid((t) => t.current + t.reference),
        textAdvantages: tf.tensor1d(list.flatMap(({ text, advantage }) => text.map(() => advantage))),
        imageAdvantages: tf.tensor1d(list.map(({ advantage }) => advantage)),
        textWeights: tf.tensor1d(list.flatMap(({ text }, i) => text.map(() => weightOf[i] ?? 0))),
        imageWeights: tf.tensor1d(weightOf),
      };
      const loss = (text: tf.Tensor, image: tf.Tensor): tf.Tensor =>
        policyObjective(
          { text, image, textEntropy: tf.zerosLike(text), imageEntropy: tf.zerosLike(image) },
          batch,
          targets,
          { clipLow: 0.2, clipHigh: 0.2, beta: 0.05 },
        ).loss;
      const [text, image] = [flat((t) => t.current), grid((t) => t.current)];
      expect(loss(text, image).dataSync()[0]).toBeCloseTo(plain.loss, 4);
      const [dText, dImage] = tf.grads(loss)([text, image]) as [tf.Tensor, tf.Tensor];
      const textGradient = dText.arraySync() as number[];
      const imageGradient = dImage.arraySync() as number[][];
      const wanted = plain.gradient.map((row) => [...row]);
      const found = list.map((row, i) => [
        ...textGradient.slice(i * row.text.length, (i + 1) * row.text.length),
        ...(imageGradient[i] ?? []),
      ]);
      found.forEach((row, i) => {
        row.forEach((value, j) => {
          expect(value).toBeCloseTo(wanted[i]?.[j] ?? Number.NaN, 4);
        });
      });
    }),
    { numRuns: 30 },
  );
});
