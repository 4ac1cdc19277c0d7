import { startEngine, tf } from "@easel/engine";
import { beforeAll, describe, expect, it } from "vitest";
import { uniformFor } from "./counter-uniform.js";
import { inverseCdf } from "./inverse-cdf.js";

beforeAll(async () => {
  await startEngine({ backend: "cpu" });
});

/** Softmax in double precision. */
function softmax(logits: readonly number[]): number[] {
  const largest = Math.max(...logits);
  const weights = logits.map((x) => Math.exp(x - largest));
  const total = weights.reduce((sum, x) => sum + x, 0);
  return weights.map((x) => x / total);
}

function draw(logits: readonly number[], uniforms: readonly number[], temperature = 1) {
  return tf.tidy(() => {
    const rows = tf.tile(tf.tensor2d([...logits], [1, logits.length]), [uniforms.length, 1]);
    const drawn = inverseCdf(rows, tf.tensor1d([...uniforms]), { temperature, entropy: true });
    return {
      ids: [...drawn.ids.dataSync()],
      logProbs: [...drawn.logProbs.dataSync()],
      entropy: [...drawn.entropy!.dataSync()],
    };
  });
}

/** Logits of any width, some of them all but impossible. */
const logitsOf = (width: number): number[] =>
  Array.from({ length: width }, (_, i) => (i % 5 === 2 ? -200 : 3 * Math.sin(i * 12.9898)));

describe("inverseCdf", () => {
  it.each([1, 2, 7, 16, 30, 400])("inverts the cumulative distribution of %i ids", (width) => {
    const probabilities = softmax(logitsOf(width));
    let below = 0;
    const uniforms: number[] = [];
    const expected: number[] = [];
    probabilities.forEach((p, id) => {
      if (p > 1e-5) {
        uniforms.push(below + 0.5 * p);
        expected.push(id);
      }
      below += p;
    });
    const { ids, logProbs, entropy } = draw(logitsOf(width), uniforms);
    expect(ids).toEqual(expected);
    const trueEntropy = probabilities.reduce((sum, p) => sum - (p > 0 ? p * Math.log(p) : 0), 0);
    ids.forEach((id, row) => {
      expect(logProbs[row]).toBeCloseTo(Math.log(probabilities[id]!), 5);
      expect(entropy[row]).toBeCloseTo(trueEntropy, 4);
    });
  });

  it("never draws an impossible id, at the ends of the range neither", () => {
    const logits = logitsOf(33).map((x, i) => (i < 4 || i > 28 ? -300 : x));
    const { ids } = draw(logits, [0, 1 - 2 ** -24]);
    expect(ids[0]).toBe(4);
    expect(ids[1]).toBe(28);
  });

  it("draws with the frequencies of the distribution", () => {
    const logits = [0.3, -1, 1.2, 0, 2, -0.5, 0.9, -2, 0.1, 0.7];
    const temperature = 0.8;
    const draws = 4000;
    const uniforms = Array.from({ length: draws }, (_, sample) =>
      uniformFor({ seed: 5, group: 1, sample, position: 0 }),
    );
    const counts = new Array<number>(logits.length).fill(0);
    for (const id of draw(logits, uniforms, temperature).ids) counts[id] = counts[id]! + 1;
    const chiSquare = softmax(logits.map((x) => x / temperature)).reduce(
      (sum, p, id) => sum + (counts[id]! - draws * p) ** 2 / (draws * p),
      0,
    );
    expect(chiSquare).toBeLessThan(27.9); // 0.1 % point at 9 degrees of freedom
  });

  it("takes the likeliest id at temperature 0, with its log-prob at temperature 1", () => {
    const logits = [0.3, -1, 1.2, 0, 2, -0.5];
    const { ids, logProbs } = draw(logits, [0.01, 0.99], 0);
    expect(ids).toEqual([4, 4]);
    expect(logProbs[0]).toBeCloseTo(Math.log(softmax(logits)[4]!), 5);
  });
});
