// What a jitted function gives is what the function gives eagerly; what a trace cannot hold is refused.
import { beforeAll, describe, expect, test, vi } from "vitest";
import { EngineError } from "../errors.js";
import { groupNorm, silu, upsampleNearest2x } from "../layers/index.js";
import { memory } from "../memory.js";
import { startEngine } from "../start-engine.js";
import { tensorflowBackend } from "../tensorflow-backend.js";
import { tf } from "../tf.js";
import { jit } from "./jit.js";
import { spec } from "./tensor-spec.js";
import type { CompileMode } from "./trace.js";

beforeAll(async () => {
  await startEngine();
});

function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof EngineError) return error.code;
    throw error;
  }
  return "nothing thrown";
}

function largestDifference(a: tf.Tensor, b: tf.Tensor): number {
  return tf.tidy(() => a.sub(b).abs().max().dataSync()[0] as number);
}

const modes: readonly CompileMode[] = ["graph", "xla"];

/** Parameters as variables, equal each time. */
function parameters(shapes: Readonly<Record<string, readonly number[]>>): Record<string, tf.Variable> {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape], i) => [
      name,
      tf.tidy(() => tf.variable(tf.randomNormal([...shape], 0, 0.3, "float32", i + 1))),
    ]),
  );
}

/** Ten steps of gradient descent, eagerly and jitted, from the same start: the largest parameter difference. */
function trainingDifference(
  shapes: Readonly<Record<string, readonly number[]>>,
  loss: (p: Record<string, tf.Variable>, x: tf.Tensor) => tf.Scalar,
  x: tf.Tensor,
  options: Parameters<typeof jit>[1],
): number {
  const train = (p: Record<string, tf.Variable>, compiled: boolean): void => {
    const step = (input: tf.Tensor): tf.Tensor => {
      const variables = Object.values(p);
      const { value, grads } = tf.variableGrads(() => loss(p, input), variables);
      for (const v of variables) v.assign(v.sub((grads[v.name] as tf.Tensor).mul(0.05)));
      return value;
    };
    const jitted = jit(step, options);
    for (let i = 0; i < 10; i++) tf.tidy(() => (compiled ? jitted(x) : step(x)));
    jitted.dispose();
  };
  const eager = parameters(shapes);
  const traced = parameters(shapes);
  train(eager, false);
  train(traced, true);
  const difference = Math.max(
    ...Object.keys(shapes).map((k) => largestDifference(eager[k] as tf.Tensor, traced[k] as tf.Tensor)),
  );
  tf.dispose([eager, traced]);
  return difference;
}

describe.each(modes)("training steps under %s equal eager ones", { timeout: 180_000 }, (compile) => {
  test("a dense network", () => {
    const x = tf.randomNormal([16, 8], 0, 1, "float32", 9);
    const loss = (p: Record<string, tf.Variable>, input: tf.Tensor): tf.Scalar => {
      const hidden = tf.tanh(
        tf.matMul(input as tf.Tensor2D, p.a as unknown as tf.Tensor2D).add(p.b as tf.Tensor),
      );
      return tf
        .softmax(tf.matMul(hidden, p.c as unknown as tf.Tensor2D))
        .square()
        .mean() as tf.Scalar;
    };
    expect(trainingDifference({ a: [8, 16], b: [16], c: [16, 4] }, loss, x, { compile })).toBeLessThan(1e-5);
    x.dispose();
  });

  test("a convolutional network with group norm, stride and upsampling", () => {
    const x = tf.randomNormal([2, 8, 8, 3], 0, 1, "float32", 9) as tf.Tensor4D;
    const loss = (p: Record<string, tf.Variable>, input: tf.Tensor): tf.Scalar => {
      const down = tf.conv2d(input as tf.Tensor4D, p.down as unknown as tf.Tensor4D, 2, "same");
      const inner = silu(groupNorm(down, p.scale as tf.Tensor, p.shift as tf.Tensor, { groups: 4 }));
      const up = tf.conv2d(upsampleNearest2x(inner), p.up as unknown as tf.Tensor4D, 1, "same");
      return up.sub(input).square().mean() as tf.Scalar;
    };
    const shapes = { down: [3, 3, 3, 8], scale: [8], shift: [8], up: [3, 3, 8, 3] };
    expect(trainingDifference(shapes, loss, x, { compile })).toBeLessThan(1e-5);
    x.dispose();
  });
});

test("matmuls in bfloat16 stay within its precision", () => {
  const a = tf.randomNormal([32, 64], 0, 1, "float32", 1) as tf.Tensor2D;
  const b = tf.randomNormal([64, 32], 0, 1, "float32", 2) as tf.Tensor2D;
  const half = jit((x: tf.Tensor2D, y: tf.Tensor2D) => tf.matMul(x, y), { matmul: "bf16" });
  const difference = largestDifference(half(a, b), tf.matMul(a, b));
  expect(difference).toBeGreaterThan(0);
  expect(difference).toBeLessThan(0.2);
});

test("TensorFloat-32 is refused without a GPU, however the function is used, and taken with one", async () => {
  const f = jit((x: tf.Tensor2D) => tf.matMul(x, x), { matmul: "tf32" });
  const x = tf.ones([2, 2]) as tf.Tensor2D;
  const refused = expect.objectContaining({ code: "EASEL_ENGINE_TF32_WITHOUT_GPU" });
  const { addon } = tensorflowBackend();
  if (!addon.isUsingGpuDevice()) {
    expect(() => f(x)).toThrowError(refused);
    expect(() => f.trace(x)).toThrowError(refused);
    await expect(f.async(x)).rejects.toEqual(refused);
    await expect(f.warm(x)).rejects.toEqual(refused);
  }
  const gpu = vi.spyOn(addon, "isUsingGpuDevice").mockReturnValue(true);
  expect(f(x).dataSync()[0]).toBe(2);
  gpu.mockRestore();
});

test("convolutions in bfloat16 stay within its precision, and leave matrix products alone", () => {
  const x = tf.randomNormal([2, 8, 8, 16], 0, 1, "float32", 3) as tf.Tensor4D;
  const kernel = tf.randomNormal([3, 3, 16, 16], 0, 1, "float32", 4) as tf.Tensor4D;
  const rounded = jit((y: tf.Tensor4D, k: tf.Tensor4D) => tf.conv2d(y, k, 1, "same"), {
    convolution: "bf16",
  });
  const difference = largestDifference(rounded(x, kernel), tf.conv2d(x, kernel, 1, "same"));
  expect(difference).toBeGreaterThan(0);
  expect(difference).toBeLessThan(0.4);
  const exact = jit((y: tf.Tensor2D) => tf.matMul(y, y), { convolution: "bf16" });
  const square = tf.randomNormal([16, 16], 0, 1, "float32", 5) as tf.Tensor2D;
  expect(largestDifference(exact(square), tf.matMul(square, square))).toBeLessThan(1e-5);
});

describe("what a function sees", () => {
  test("results keep the structure that the function returns", () => {
    const f = jit((o: { a: tf.Tensor; n: number }) => ({ sum: [o.a.add(o.n), o.a], label: "x", n: o.n }));
    const r = f({ a: tf.tensor1d([1, 2]), n: 3 });
    expect(Array.from((r.sum[0] as tf.Tensor).dataSync())).toEqual([4, 5]);
    expect(Array.from((r.sum[1] as tf.Tensor).dataSync())).toEqual([1, 2]);
    expect([r.label, r.n]).toEqual(["x", 3]);
  });

  test("variables are read at each call and hold what was assigned inside", () => {
    const v = tf.variable(tf.scalar(1));
    const f = jit((x: tf.Tensor) => {
      v.assign(v.add(x) as tf.Scalar);
      return v.mul(10);
    });
    expect(f(tf.scalar(2)).dataSync()[0]).toBe(30);
    v.assign(tf.scalar(5));
    expect(f(tf.scalar(2)).dataSync()[0]).toBe(70);
    expect(v.dataSync()[0]).toBe(7);
  });

  test("a variable and the tensor it was made from are two things", () => {
    const initial = tf.scalar(1);
    const v = tf.variable(initial);
    const drift = jit(() => v.sub(initial));
    v.assign(tf.scalar(4));
    expect(drift().dataSync()[0]).toBe(3);
  });

  test("swapping two variables swaps them", () => {
    const a = tf.variable(tf.scalar(1));
    const b = tf.variable(tf.scalar(2));
    const swap = jit(() => {
      const held = a.clone();
      a.assign(b as unknown as tf.Scalar);
      b.assign(held as tf.Scalar);
    });
    swap();
    swap();
    swap();
    expect([a.dataSync()[0], b.dataSync()[0]]).toEqual([2, 1]);
  });

  test("captured tensors stay usable after their owner disposed them", () => {
    const captured = tf.tensor1d([1, 2, 3]).add(0) as tf.Tensor1D;
    const f = jit((x: tf.Tensor) => x.mul(captured));
    f(tf.scalar(1)).dispose();
    captured.dispose();
    expect(Array.from(f(tf.scalar(2)).dataSync())).toEqual([2, 4, 6]);
  });

  test("an optimiser that makes its state on the first step", () => {
    const w = tf.variable(tf.scalar(1));
    const u = tf.variable(tf.scalar(1));
    const [a, b] = [tf.train.adam(0.1), tf.train.adam(0.1)];
    const jitted = jit((x: tf.Tensor) => a.minimize(() => w.mul(x).square() as tf.Scalar, true, [w]));
    for (let i = 0; i < 5; i++) {
      tf.tidy(() => jitted(tf.scalar(3)) as tf.Scalar);
      tf.tidy(() => b.minimize(() => u.mul(tf.scalar(3)).square() as tf.Scalar, true, [u]) as tf.Scalar);
    }
    expect(w.dataSync()[0]).toBeCloseTo(u.dataSync()[0] as number, 5);
  });

  test("gradients of gradients", () => {
    const cube = (x: tf.Tensor): tf.Tensor => x.mul(x).mul(x);
    const second = jit((x: tf.Tensor) => tf.grad((y) => tf.grad(cube)(y).sum())(x));
    expect(Array.from(second(tf.tensor1d([1, 2])).dataSync())).toEqual([6, 12]);
  });

  test("one trace per shape and static value, none again for the same", () => {
    let runs = 0;
    const f = jit((x: tf.Tensor, n: number) => {
      runs++;
      return x.add(n);
    });
    f(tf.ones([2]), 1);
    f(tf.zeros([2]), 1);
    expect(runs).toBe(1);
    f(tf.ones([3]), 1);
    f(tf.ones([2]), 2);
    expect(runs).toBe(3);
    expect(f.explain().match(/operations/g)).toHaveLength(3);
  });

  test("a trace from shapes alone runs nothing and serves the first call", async () => {
    const v = tf.variable(tf.scalar(0));
    let runs = 0;
    const f = jit((x: tf.Tensor) => {
      runs++;
      v.assign(x.sum() as tf.Scalar);
      return x.mul(2);
    });
    f.trace(spec([2]));
    await f.warm(spec([2]));
    expect(v.dataSync()[0]).toBe(0);
    expect(Array.from(f(tf.tensor1d([1, 2])).dataSync())).toEqual([2, 4]);
    expect([runs, v.dataSync()[0]]).toEqual([1, 3]);
  });

  test("a jitted function inside another is part of it", () => {
    const inner = jit((x: tf.Tensor) => x.mul(3));
    const outer = jit((x: tf.Tensor) => tf.grad((y) => inner(y))(x));
    expect(outer(tf.scalar(2)).dataSync()[0]).toBe(3);
  });
});

describe("what a trace cannot hold is refused", () => {
  const x = (): tf.Tensor => tf.tensor1d([1, 2]);
  test.each([
    ["randomNormal", () => tf.randomNormal([2])],
    ["seeded randomUniform", () => tf.randomUniform([2], 0, 1, "float32", 7)],
    ["dropout", () => tf.dropout(tf.ones([4]), 0.5)],
    ["multinomial", () => tf.multinomial(tf.tensor1d([0.5, 0.5]), 1)],
    ["Math.random", () => tf.scalar(Math.random())],
  ])("%s", (_, draw) => {
    expect(codeOf(() => jit(() => draw())())).toBe("EASEL_ENGINE_RANDOM_IN_TRACE");
    expect(draw()).toBeInstanceOf(tf.Tensor);
  });

  test("reading a value", () => {
    expect(codeOf(() => jit((t: tf.Tensor) => tf.scalar(t.dataSync()[0] as number))(x()))).toBe(
      "EASEL_ENGINE_READ_IN_TRACE",
    );
    expect(codeOf(() => jit((t: tf.Tensor) => t.print())(x()))).toBe("EASEL_ENGINE_READ_IN_TRACE");
  });

  test("a traced tensor after its trace", () => {
    let escaped: tf.Tensor | undefined;
    jit((t: tf.Tensor) => {
      escaped = tf.keep(t.add(1));
      return t;
    })(x());
    expect(codeOf(() => escaped?.add(1))).toBe("EASEL_ENGINE_STALE_TRACED_TENSOR");
    expect(codeOf(() => escaped?.dataSync())).toBe("EASEL_ENGINE_STALE_TRACED_TENSOR");
    expect(codeOf(() => jit(() => (escaped as tf.Tensor).add(1))())).toBe("EASEL_ENGINE_STALE_TRACED_TENSOR");
  });

  test("async functions, typed arrays, shapes that depend on values, calls inside a gradient", () => {
    expect(codeOf(() => jit(async () => tf.scalar(1))())).toBe("EASEL_ENGINE_ASYNC_FUNCTION");
    expect(codeOf(() => jit((v: Float32Array) => tf.tensor1d(v))(Float32Array.of(1)))).toBe(
      "EASEL_ENGINE_STATIC_ARGUMENT",
    );
    expect(codeOf(() => jit((t: tf.Tensor) => tf.unique(t as tf.Tensor1D).values)(x()))).toBe(
      "EASEL_ENGINE_DYNAMIC_SHAPE",
    );
    const f = jit((t: tf.Tensor) => t.square().sum());
    expect(codeOf(() => tf.grad((t) => f(t))(x()))).toBe("EASEL_ENGINE_NO_GRADIENT");
  });

  test("an op that TensorFlow refuses is named with its shapes, and variables survive a failed trace", () => {
    const v = tf.variable(tf.ones([2, 3]));
    const f = jit((t: tf.Tensor) => {
      v.assign(tf.zeros([2, 3]));
      return tf.conv2d(t as tf.Tensor4D, tf.ones([3, 3, 5, 2]), 1, "same");
    });
    expect(() => f(tf.ones([1, 4, 4, 3]))).toThrow();
    expect(v.dataSync()[0]).toBe(1);
  });
});

test("2,000 calls leave nothing behind", () => {
  const w = tf.variable(tf.ones([4, 4]));
  const f = jit((x: tf.Tensor2D) => {
    const { value, grads } = tf.variableGrads(
      () =>
        tf
          .matMul(x, w as unknown as tf.Tensor2D)
          .square()
          .mean() as tf.Scalar,
      [w],
    );
    w.assign(w.sub((grads[w.name] as tf.Tensor).mul(0.01)));
    return value;
  });
  const x = tf.ones([4, 4]) as tf.Tensor2D;
  const run = (calls: number): void => {
    for (let i = 0; i < calls; i++) f(x).dispose();
  };
  run(200);
  const { handles } = memory();
  const { numTensors } = tf.memory();
  const rss = process.memoryUsage.rss();
  run(2000);
  expect(memory().handles).toBe(handles);
  expect(tf.memory().numTensors).toBe(numTensors);
  expect(process.memoryUsage.rss() - rss).toBeLessThan(30e6);
  f.dispose();
});

test("disposed functions and failed traces give their captured tensors back", () => {
  const captured = tf.ones([100]);
  captured.add(0).dispose(); // uploads it
  const before = memory().handles;
  const f = jit((x: tf.Tensor) => x.mul(captured));
  f(tf.scalar(1)).dispose();
  f.dispose();
  const failing = jit((x: tf.Tensor) => tf.scalar(x.add(captured).dataSync()[0] as number));
  expect(codeOf(() => failing(tf.ones([100])))).toBe("EASEL_ENGINE_READ_IN_TRACE");
  const uploadedArguments = 1;
  expect(memory().handles).toBeLessThanOrEqual(before + uploadedArguments);
});
