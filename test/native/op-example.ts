// One computation on tensors of drawn shapes, in a form that any backend can run: plain descriptions of the inputs and a
// function of tensors. What is drawn is in op-cases.ts, what is compared in op-oracle.test.ts.
import { tf } from "@easel/engine";
import fc from "fast-check";

/** A tensor to be filled with numbers between `low` and `high`; int32 ones are whole, `high` excluded. */
export type Input = {
  readonly shape: readonly number[];
  readonly dtype?: "float32" | "int32" | "bool";
  readonly low?: number;
  readonly high?: number;
};

export type Example = {
  readonly inputs: readonly Input[];
  readonly seed: number;
  readonly run: (...x: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
};

/** How an op is compared with TensorFlow.js's cpu backend. */
export type OpCase = {
  readonly example: fc.Arbitrary<Example>;
  /**
   * `smooth`: also against finite differences. `kinks`: against the oracle's own tape only, since differences fail where it
   * bends. Otherwise why there is no gradient.
   */
  readonly gradient: "smooth" | "kinks" | { readonly none: string };
  /** Paths on which the op does not occur, with the reason. */
  readonly without?: Partial<Record<"eager" | "graph" | "xla", string>>;
  /** Largest difference, relative to 1 and to the value; 1e-5 unless said. */
  readonly tolerance?: number;
};

const size = fc.integer({ min: 1, max: 5 });
export const seedArbitrary = fc.integer({ min: 1, max: 1 << 20 });
export const shapeOf = (minRank: number, maxRank: number): fc.Arbitrary<number[]> =>
  fc.array(size, { minLength: minRank, maxLength: maxRank });

/** Two shapes that broadcast to each other. */
export const broadcastable = fc
  .tuple(
    shapeOf(1, 4),
    fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    fc.integer({ min: 0, max: 3 }),
  )
  .map(([shape, ones, dropped]): [number[], number[]] => {
    const other = shape.map((length, axis) => (ones[axis] === true ? 1 : length));
    return [shape, other.slice(Math.min(dropped, shape.length - 1))];
  });

/** The example's inputs as tensors of the current backend. The same seed gives the same numbers. */
export function makeInputs({ inputs, seed }: Example): tf.Tensor[] {
  let state = seed;
  // Park and Miller's generator: enough for numbers without a pattern.
  const next = (): number => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  return inputs.map(({ shape, dtype = "float32", low = -2, high = 2 }) => {
    const count = shape.reduce((a, b) => a * b, 1);
    const drawn = Array.from({ length: count }, () => low + (high - low) * next());
    if (dtype === "float32") return tf.tensor(drawn, [...shape], dtype);
    if (dtype === "bool")
      return tf.tensor(
        drawn.map((value) => (value > 0 ? 1 : 0)),
        [...shape],
        dtype,
      );
    return tf.tensor(drawn.map(Math.floor), [...shape], dtype);
  });
}

export const isDifferentiable = ({ dtype = "float32" }: Input): boolean => dtype === "float32";
