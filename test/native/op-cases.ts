// For each TensorFlow op that the product uses, a computation in which it occurs, over drawn shapes. Ops that TensorFlow.js's
// cpu backend has no kernel for stand here in the engine's function whose plain JavaScript form is the oracle.
import {
  cachedAttention,
  dynamicUpdateSlice,
  loop,
  randomBits,
  randomKey,
  randomNormal,
  sharePrefix,
  tf,
} from "@easel/engine";
import fc from "fast-check";
import {
  broadcastable,
  type Example,
  type Input,
  type OpCase,
  seedArbitrary,
  shapeOf,
} from "./op-example.js";

type Run = Example["run"];
const none = (reason: string): { readonly none: string } => ({ none: reason });
const discrete = none("its values are whole numbers, truth values or steps");
const noKernel = "the op exists for XLA only; elsewhere a strided update takes its place";

const axisOf = (shape: readonly number[], seed: number): number => seed % shape.length;

function drawn(
  shapes: fc.Arbitrary<number[]>,
  make: (shape: number[], seed: number) => { readonly inputs: readonly Input[]; readonly run: Run },
): fc.Arbitrary<Example> {
  return fc.tuple(shapes, seedArbitrary).map(([shape, seed]) => ({ seed, ...make(shape, seed) }));
}

function unary(run: (x: tf.Tensor) => tf.Tensor, input: Omit<Input, "shape"> = {}): fc.Arbitrary<Example> {
  return drawn(shapeOf(1, 4), (shape) => ({
    inputs: [{ shape, ...input }],
    run: (x) => run(x as tf.Tensor),
  }));
}

function binary(
  run: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  left: Omit<Input, "shape"> = {},
  right: Omit<Input, "shape"> = left,
): fc.Arbitrary<Example> {
  return fc.tuple(broadcastable, seedArbitrary).map(([[a, b], seed]) => ({
    seed,
    inputs: [
      { shape: a, ...left },
      { shape: b, ...right },
    ],
    run: (x, y) => run(x as tf.Tensor, y as tf.Tensor),
  }));
}

/**
 * Two tensors of one shape: TensorFlow.js's gradients of some functions throw where one is broadcast to the other.
 */
function pair(run: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): fc.Arbitrary<Example> {
  return drawn(shapeOf(1, 4), (shape) => ({
    inputs: [{ shape }, { shape }],
    run: (x, y) => run(x as tf.Tensor, y as tf.Tensor),
  }));
}

/** A function of a tensor and one of its axes. */
function along(
  run: (x: tf.Tensor, axis: number) => tf.Tensor | tf.Tensor[],
  minRank = 1,
): fc.Arbitrary<Example> {
  return drawn(shapeOf(minRank, 4), (shape, seed) => ({
    inputs: [{ shape }],
    run: (x) => run(x as tf.Tensor, axisOf(shape, seed)),
  }));
}

const smooth = (example: fc.Arbitrary<Example>, tolerance = 1e-5): OpCase => ({
  example,
  gradient: "smooth",
  tolerance,
});
const kinks = (example: fc.Arbitrary<Example>): OpCase => ({ example, gradient: "kinks" });
const stepwise = (example: fc.Arbitrary<Example>): OpCase => ({ example, gradient: discrete });

const positive = { low: 0.2, high: 3 };
const whole = { dtype: "int32", low: -9, high: 9 } as const;
const divisors = { dtype: "int32", low: 1, high: 9 } as const;
const truth = { dtype: "bool", low: -1, high: 1 } as const;

const elementwise: Readonly<Record<string, OpCase>> = {
  Abs: kinks(unary(tf.abs)),
  Add: smooth(binary(tf.add)),
  AddN: smooth(
    drawn(shapeOf(1, 3), (shape) => ({
      inputs: [{ shape }, { shape }, { shape }],
      run: (...x) => tf.addN(x),
    })),
  ),
  Cos: smooth(unary(tf.cos)),
  Cast: { example: unary((x) => tf.cast(x, "int32")), gradient: discrete },
  Equal: stepwise(binary(tf.equal, whole)),
  Erf: smooth(unary(tf.erf)),
  Exp: smooth(unary(tf.exp)),
  Expm1: smooth(unary(tf.expm1)),
  Floor: stepwise(unary(tf.floor)),
  FloorDiv: stepwise(binary((a, b) => tf.floorDiv(a, b), whole, divisors)),
  FloorMod: stepwise(binary(tf.mod, whole, divisors)),
  Greater: stepwise(binary(tf.greater)),
  GreaterEqual: stepwise(binary(tf.greaterEqual, whole)),
  IsNan: stepwise(unary((x) => tf.isNaN(tf.log(x)))),
  Less: stepwise(binary(tf.less)),
  LessEqual: stepwise(binary(tf.lessEqual, whole)),
  Log: smooth(unary(tf.log, positive)),
  LogicalAnd: stepwise(binary(tf.logicalAnd, truth)),
  LogicalNot: stepwise(unary(tf.logicalNot, truth)),
  Maximum: kinks(pair((a, b) => tf.maximum(tf.maximum(a, b), 0.1))),
  Minimum: kinks(pair((a, b) => tf.minimum(tf.minimum(a, b), 0.1))),
  Mul: smooth(binary(tf.mul)),
  Neg: smooth(unary(tf.neg)),
  OnesLike: stepwise(unary(tf.onesLike)),
  RealDiv: smooth(binary(tf.div, {}, positive)),
  Rsqrt: smooth(unary(tf.rsqrt, positive)),
  Select: smooth(
    drawn(shapeOf(1, 4), (shape) => ({
      inputs: [{ shape, ...truth }, { shape }, { shape }],
      run: (c, a, b) => tf.where(c as tf.Tensor, a as tf.Tensor, b as tf.Tensor),
    })),
  ),
  Sigmoid: smooth(unary(tf.sigmoid)),
  Sin: smooth(unary(tf.sin)),
  Sqrt: smooth(unary(tf.sqrt, positive)),
  Square: smooth(unary(tf.square)),
  SquaredDifference: smooth(pair(tf.squaredDifference)),
  Sub: smooth(binary(tf.sub)),
  ZerosLike: stepwise(unary(tf.zerosLike)),
};

const reductions: Readonly<Record<string, OpCase>> = {
  ArgMin: stepwise(along((x, axis) => tf.argMin(x, axis))),
  Max: kinks(along((x, axis) => tf.max(x, axis))),
  Mean: smooth(along((x, axis) => tf.mean(x, axis, true))),
  Min: kinks(along((x, axis) => tf.min(x, axis))),
  Softmax: smooth(unary((x) => tf.softmax(x))),
  Sum: smooth(along((x, axis) => tf.sum(x, axis))),
  TopKV2: {
    example: unary((x) => tf.topk(x, Math.min(2, x.shape.at(-1) ?? 1)).values),
    gradient: none("TensorFlow.js has none for it; the product uses its indices"),
  },
  UnsortedSegmentSum: smooth(
    drawn(shapeOf(1, 3), (shape) => ({
      inputs: [{ shape }, { shape: [shape[0] ?? 1], dtype: "int32", low: 0, high: 4 }],
      run: (x, ids) => tf.unsortedSegmentSum(x as tf.Tensor, ids as tf.Tensor1D, 4),
    })),
  ),
};

const moves: Readonly<Record<string, OpCase>> = {
  ConcatV2: smooth(
    drawn(shapeOf(1, 4), (shape, seed) => ({
      inputs: [{ shape }, { shape }],
      run: (a, b) => tf.concat([a as tf.Tensor, b as tf.Tensor], axisOf(shape, seed)),
    })),
  ),
  ExpandDims: smooth(along((x, axis) => tf.expandDims(x, axis))),
  Fill: stepwise(
    drawn(shapeOf(2, 3), (shape) => ({
      inputs: [{ shape }],
      run: (x) => tf.add(tf.fill([...shape], 3), tf.mul(x as tf.Tensor, 0)),
    })),
  ),
  GatherNd: {
    example: drawn(shapeOf(2, 3), (shape) => ({
      inputs: [{ shape }, { shape: [4, 1], dtype: "int32", low: 0, high: shape[0] ?? 1 }],
      run: (x, at) => tf.gatherND(x as tf.Tensor, at as tf.Tensor),
    })),
    gradient: none("the product gives it one of its own where it needs one (targetLogProbs)"),
  },
  GatherV2: smooth(
    drawn(shapeOf(1, 3), (shape, seed) => {
      const axis = axisOf(shape, seed);
      return {
        inputs: [{ shape }, { shape: [3], dtype: "int32", low: 0, high: shape[axis] ?? 1 }],
        run: (x, at) => tf.gather(x as tf.Tensor, at as tf.Tensor1D, axis),
      };
    }),
  ),
  OneHot: stepwise(
    drawn(shapeOf(1, 2), (shape) => ({
      inputs: [{ shape, dtype: "int32", low: 0, high: 6 }],
      run: (at) => tf.oneHot(at as tf.Tensor, 5),
    })),
  ),
  Pack: smooth(
    drawn(shapeOf(1, 3), (shape, seed) => ({
      inputs: [{ shape }, { shape }],
      run: (...x) => tf.stack(x, axisOf(shape, seed)),
    })),
  ),
  PadV2: smooth(
    drawn(shapeOf(1, 4), (shape, seed) => ({
      inputs: [{ shape }],
      run: (x) =>
        tf.pad(
          x as tf.Tensor,
          shape.map((_, axis): [number, number] => [(seed + axis) % 3, axis % 2]),
          0.5,
        ),
    })),
  ),
  Range: stepwise(
    drawn(shapeOf(1, 1), (shape) => ({
      inputs: [{ shape }],
      run: (x) => tf.add(tf.range(0, shape[0] ?? 1), tf.mul(x as tf.Tensor, 0)),
    })),
  ),
  Reshape: smooth(unary((x) => tf.reshape(x, [-1, 1]))),
  Slice: smooth(
    drawn(shapeOf(1, 4), (shape, seed) => {
      const begin = shape.map((length, axis) => (seed + axis) % length);
      return {
        inputs: [{ shape }],
        run: (x) =>
          tf.slice(
            x as tf.Tensor,
            begin,
            shape.map((length, axis) => length - (begin[axis] ?? 0)),
          ),
      };
    }),
  ),
  SplitV: smooth(
    drawn(shapeOf(1, 3), (shape, seed) => {
      const axis = axisOf(shape, seed);
      const doubled = shape.map((length, at) => (at === axis ? length + 2 : length));
      return {
        inputs: [{ shape: doubled }],
        run: (x) => tf.split(x as tf.Tensor, [2, shape[axis] ?? 1], axis),
      };
    }),
  ),
  Tile: smooth(
    unary((x) =>
      tf.tile(
        x,
        x.shape.map((_, axis) => 1 + (axis % 2)),
      ),
    ),
  ),
  Transpose: smooth(
    along(
      (x, axis) =>
        tf.transpose(
          x,
          x.shape.map((_, at) => (at + axis) % x.rank),
        ),
      2,
    ),
  ),
  // The gradient of a single part throws in TensorFlow.js.
  Unpack: smooth(along((x, axis) => tf.unstack(tf.concat([x, tf.neg(x)], axis), axis), 2)),
};

const image = (shape: readonly number[]): Input => ({
  shape: [shape[0] ?? 1, 2 + (shape[1] ?? 1), 2 + (shape[2] ?? 1), shape[3] ?? 1],
});

/** A convolution over drawn sizes: kernel of 1 or 3, stride of 1 or 2. */
const convolution = (
  make: (x: tf.Tensor4D, filter: tf.Tensor4D, stride: number) => Run,
): fc.Arbitrary<Example> =>
  drawn(shapeOf(4, 4), (shape, seed) => {
    const kernel = seed % 2 === 0 ? 1 : 3;
    const stride = 1 + ((seed >> 1) % 2);
    return {
      inputs: [image(shape), { shape: [kernel, kernel, shape[3] ?? 1, 3] }],
      run: (x, filter) => make(x as tf.Tensor4D, filter as tf.Tensor4D, stride)(),
    };
  });
const conv = (x: tf.Tensor4D, filter: tf.Tensor4D, stride: number): tf.Tensor4D =>
  tf.conv2d(x, filter, stride, "same");
const ownGradient = none("it is itself a gradient, of Conv2D");

const products: Readonly<Record<string, OpCase>> = {
  BatchMatMulV2: smooth(
    drawn(shapeOf(4, 4), ([batch = 1, m = 1, k = 1, n = 1], seed) => {
      const [left, right] = [seed % 2 === 1, seed % 3 === 1];
      return {
        inputs: [
          { shape: [batch, ...(left ? [k, m] : [m, k])] },
          { shape: [batch, ...(right ? [n, k] : [k, n])] },
        ],
        run: (a, b) => tf.matMul(a as tf.Tensor, b as tf.Tensor, left, right),
      };
    }),
  ),
  Conv2D: smooth(convolution((x, filter, stride) => () => conv(x, filter, stride))),
  Conv2DBackpropFilter: {
    example: convolution(
      (x, filter, stride) => () =>
        tf.grad((w) => tf.sum(tf.square(conv(x, w as tf.Tensor4D, stride))))(filter),
    ),
    gradient: ownGradient,
    tolerance: 1e-4,
  },
  Conv2DBackpropInput: {
    example: convolution(
      (x, filter, stride) => () =>
        tf.grad((y) => tf.sum(tf.square(conv(y as tf.Tensor4D, filter, stride))))(x),
    ),
    gradient: ownGradient,
    tolerance: 1e-4,
  },
};

const update = drawn(shapeOf(1, 3), (shape) => ({
  inputs: [
    { shape: shape.map((length) => length + 2) },
    { shape },
    { shape: [shape.length], dtype: "int32", low: -1, high: 5 },
  ],
  run: (x, part, at) => dynamicUpdateSlice(x as tf.Tensor, part as tf.Tensor, at as tf.Tensor),
}));
const refusedGradient = none("refused with EASEL_ENGINE_NO_GRADIENT");

/** Words of a key and a counter from two input tensors. */
const random = (
  make: (words: { key: tf.Tensor; counter: tf.Tensor }, shape: number[]) => tf.Tensor,
): fc.Arbitrary<Example> =>
  drawn(shapeOf(1, 2), (shape, seed) => ({
    inputs: [{ shape: [4], dtype: "int32", low: 0, high: 1000 }],
    run: (counter) => make({ key: randomKey(seed), counter: counter as tf.Tensor }, shape),
  }));
const noSlope = none("random numbers do not depend on a float");

const engineOnly: Readonly<Record<string, OpCase>> = {
  Bitcast: { example: random((words, shape) => randomBits(shape, words)), gradient: noSlope },
  BitwiseAnd: { example: random((words, shape) => randomNormal(shape, words)), gradient: noSlope },
  RightShift: { example: random((words, shape) => randomNormal(shape, words)), gradient: noSlope },
  StatelessRandomUniformFullIntV2: {
    example: random((words, shape) => randomBits(shape, words)),
    gradient: noSlope,
  },
  StatelessWhile: {
    example: drawn(shapeOf(1, 2), (shape, seed) => ({
      inputs: [{ shape }],
      run: (x) =>
        loop({
          state: { i: tf.scalar(0, "int32") as tf.Tensor, total: x as tf.Tensor },
          while: ({ i }) => tf.less(i, tf.scalar(seed % 4, "int32")),
          body: ({ i, total }) => ({
            i: tf.add(i, tf.scalar(1, "int32")),
            total: tf.sin(tf.add(total, tf.cast(i, "float32"))),
          }),
        }).total,
    })),
    gradient: refusedGradient,
    without: { eager: "outside of a jitted function a loop is JavaScript" },
  },
  TensorStridedSliceUpdate: {
    example: update,
    gradient: refusedGradient,
    without: { xla: "it would recompile for every position" },
  },
  XlaCustomCallV2: {
    example: drawn(shapeOf(4, 4), ([rows = 1, heads = 1, share = 1, slots = 1], seed) => {
      const width = 3 + (seed % 5);
      const own = { shape: [rows, heads, slots, width] };
      const prefix = { shape: [2, heads, 1 + (seed % 4), width] };
      const zeroOrOne = { shape: [rows], dtype: "int32", low: 0, high: 1 } as const;
      return {
        inputs: [{ shape: [rows, heads, share, width] }, own, own, prefix, prefix, zeroOrOne, zeroOrOne],
        run: (...inputs) => {
          const [q, keys, values, keysBefore, valuesBefore, ofRow, first] = inputs as tf.Tensor[] as [
            tf.Tensor,
            tf.Tensor,
            tf.Tensor,
            tf.Tensor,
            tf.Tensor,
            tf.Tensor,
            tf.Tensor,
          ];
          const before = sharePrefix({ keys: keysBefore, values: valuesBefore }, { ofRow, first });
          return cachedAttention(q, { keys, values }, tf.scalar(seed % slots, "int32"), before);
        },
      };
    }),
    gradient: refusedGradient,
    without: { eager: "XLA's alone", graph: "XLA's alone" },
  },
  XlaDynamicUpdateSlice: {
    example: update,
    gradient: refusedGradient,
    without: { eager: noKernel, graph: noKernel },
  },
};

export const opCases: Readonly<Record<string, OpCase>> = {
  ...elementwise,
  ...reductions,
  ...moves,
  ...products,
  ...engineOnly,
};
