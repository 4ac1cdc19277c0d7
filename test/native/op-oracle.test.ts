// Every TensorFlow op that the product uses against TensorFlow.js's cpu backend, which is plain JavaScript: eagerly, in a
// graph and compiled by XLA, over drawn shapes; and gradients against the oracle's tape and finite differences.
import { jit, startEngine, tf } from "@easel/engine";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { opCases } from "./op-cases.js";
import { type Example, isDifferentiable, makeInputs, type OpCase } from "./op-example.js";
import { productFunctions } from "./product-functions.js";
import { recordOps } from "./recorded-ops.js";

beforeAll(async () => {
  await startEngine({ threads: 1 });
});

const paths = ["eager", "graph", "xla"] as const;
type Path = (typeof paths)[number];
/** XLA compiles anew for each shape, and keeps some memory of each. */
const runs: Readonly<Record<Path, number>> = { eager: 12, graph: 6, xla: 2 };

type Values = {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: readonly number[];
};
type Computation = (...x: tf.Tensor[]) => tf.Tensor[];

const results =
  (example: Example): Computation =>
  (...x) =>
    [example.run(...x)].flat();

/** The gradient of a weighted sum of the results by each float input; the weights tell the elements apart. */
function gradients(example: Example): Computation {
  const floats = example.inputs.flatMap((input, i) => (isDifferentiable(input) ? [i] : []));
  return (...x) => {
    const weighted = (...by: tf.Tensor[]): tf.Tensor => {
      const all = x.map((tensor, i) => by[floats.indexOf(i)] ?? tensor);
      return tf.addN(results(example)(...all).map((y) => tf.sum(tf.mul(y, weightsOf(y)))));
    };
    return tf.grads(weighted)(floats.map((i) => x[i] as tf.Tensor));
  };
}

function weightsOf(y: tf.Tensor): tf.Tensor {
  const values = Float32Array.from({ length: y.size }, (_, i) => Math.sin(1 + i));
  return tf.tensor(values, y.shape);
}

/** Runs on a path, or on the oracle. */
async function run(where: Path | "oracle", example: Example, computation: Computation): Promise<Values[]> {
  await tf.setBackend(where === "oracle" ? "cpu" : "tensorflow");
  const inputs = makeInputs(example);
  const compiled = where === "graph" || where === "xla" ? jit(computation, { compile: where }) : null;
  const outputs = compiled === null ? tf.tidy(() => computation(...inputs)) : compiled(...inputs);
  const values = outputs.map((y) => ({ shape: y.shape, dtype: y.dtype, values: Array.from(y.dataSync()) }));
  tf.dispose([inputs, outputs]);
  compiled?.dispose();
  await tf.setBackend("tensorflow");
  return values;
}

function expectSame(found: readonly Values[], expected: readonly Values[], tolerance: number): void {
  expect(found.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(
    expected.map(({ shape, dtype }) => ({ shape, dtype })),
  );
  found.forEach(({ values }, which) => {
    values.forEach((value, i) => {
      const wanted = expected[which]?.values[i] ?? Number.NaN;
      if (Object.is(value, wanted) || Math.abs(value - wanted) <= tolerance * (1 + Math.abs(wanted))) return;
      expect.fail(`result ${which}, element ${i}: ${value} instead of ${wanted}`);
    });
  });
}

function compare(
  path: Path,
  opCase: OpCase,
  of: (example: Example) => Computation,
  scale = 1,
): Promise<void> {
  const tolerance = (opCase.tolerance ?? 1e-5) * scale;
  const property = fc.asyncProperty(opCase.example, async (example) => {
    const expected = await run("oracle", example, of(example));
    expectSame(await run(path, example, of(example)), expected, tolerance);
  });
  return fc.assert(property, { numRuns: runs[path] });
}

describe.each(Object.entries(opCases))("%s", (op, opCase) => {
  const taken = paths.filter((path) => opCase.without?.[path] === undefined);

  it.each(taken)("%s: equals the oracle, and the op occurs", async (path) => {
    const seen = await recordOps(() => compare(path, opCase, results));
    expect([...seen]).toContain(op);
  });

  if (typeof opCase.gradient !== "string") return;

  it.each(["eager", "graph"] as const)("%s: gradients equal the oracle's", async (path) => {
    await compare(path, opCase, gradients, 10);
  });

  if (opCase.gradient !== "smooth") return;

  it("the gradient agrees with finite differences", async () => {
    const property = fc.asyncProperty(opCase.example, async (example) => {
      const [slope, numeric] = await slopes(example);
      expect(Math.abs(slope - numeric)).toBeLessThanOrEqual(0.02 * (1 + Math.abs(numeric)));
    });
    await fc.assert(property, { numRuns: 6 });
  });
});

/** The slope in one direction: by the gradient, and by the difference of two values. */
async function slopes(example: Example): Promise<[slope: number, numeric: number]> {
  const distance = 5e-3;
  const along: Computation = (...x) => {
    const floats = x.filter((_, i) => isDifferentiable(example.inputs[i] ?? { shape: [] }));
    const directions = floats.map((tensor) => tf.cos(tf.range(0, tensor.size)).reshape(tensor.shape));
    const by = gradients(example)(...x).map((g, i) => tf.sum(tf.mul(g, directions[i] as tf.Tensor)));
    const at = (scale: number): tf.Tensor => {
      let next = 0;
      const moved = x.map((tensor, i) => {
        if (!isDifferentiable(example.inputs[i] ?? { shape: [] })) return tensor;
        return tf.add(tensor, tf.mul(directions[next++] as tf.Tensor, scale));
      });
      return tf.addN(results(example)(...moved).map((y) => tf.sum(tf.mul(y, weightsOf(y)))));
    };
    return [tf.addN(by), tf.div(tf.sub(at(distance), at(-distance)), 2 * distance)];
  };
  const [slope, numeric] = await run("eager", example, along);
  return [slope?.values[0] ?? Number.NaN, numeric?.values[0] ?? 0];
}

describe("the list of ops", () => {
  const used = new Set<string>();
  it.each(Object.entries(productFunctions))(
    "%s uses none without a case",
    async (_name, call) => {
      const ops = await recordOps(call);
      for (const op of ops) used.add(op);
      expect([...ops].filter((op) => opCases[op] === undefined)).toEqual([]);
    },
    300_000,
  );

  it("would show a new one", async () => {
    const ops = await recordOps(() => jit((x: tf.Tensor) => tf.tan(x))(tf.scalar(1)));
    expect([...ops].filter((op) => opCases[op] === undefined)).toEqual(["Tan"]);
  });

  it("has no case that nothing uses", () => {
    expect(Object.keys(opCases).filter((op) => !used.has(op))).toEqual([]);
  });
});
