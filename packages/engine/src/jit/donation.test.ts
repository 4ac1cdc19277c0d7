// Variables updated in place: the same values, less memory, and no way to see a half-written one.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { memory } from "../memory.js";
import { startEngine } from "../start-engine.js";
import { tf } from "../tf.js";
import { jit } from "./jit.js";

beforeAll(async () => {
  await startEngine();
});

const xla = { compile: "xla", donate: true } as const;

/** A matrix that is assigned, one that is only read, and a scalar that is assigned without being read. */
function model(donate: boolean) {
  const w = tf.tidy(() => tf.variable(tf.fill([3, 2], 2)));
  const frozen = tf.tidy(() => tf.variable(tf.fill([2, 2], 0.5)));
  const last = tf.tidy(() => tf.variable(tf.scalar(0)));
  const step = jit(
    (x: tf.Tensor2D) => {
      const { value, grads } = tf.variableGrads(
        () =>
          tf
            .matMul(tf.matMul(x, w as unknown as tf.Tensor2D), frozen as unknown as tf.Tensor2D)
            .square()
            .mean() as tf.Scalar,
        [w],
      );
      const before = w.clone();
      w.assign(w.sub((grads[w.name] as tf.Tensor).mul(0.1)));
      last.assign(value);
      return { loss: value, before, after: w.clone() };
    },
    { compile: "xla", donate },
  );
  return { w, frozen, last, step };
}

const read = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());

describe("what is assigned", () => {
  test("is what it is without donation, synchronously and asynchronously, old values included", async () => {
    const x = tf.tensor2d([[1, 2, 3]]);
    const [given, plain] = [model(true), model(false)];
    for (let i = 0; i < 4; i++) {
      const [a, b] =
        i % 2 === 0 ? [given.step(x), plain.step(x)] : [await given.step.async(x), plain.step(x)];
      expect(read(a.loss)).toEqual(read(b.loss));
      expect(read(a.before)).toEqual(read(b.before));
      expect(read(a.after)).toEqual(read(b.after));
      expect(read(given.w)).toEqual(read(plain.w));
      expect(read(given.last)).toEqual(read(plain.last));
      expect(read(given.frozen)).toEqual([0.5, 0.5, 0.5, 0.5]);
    }
    expect(given.step.explain()).toContain("2 variables assigned in place");
  });

  test("does not reach a copy that somebody else keeps", () => {
    const { w, step } = model(true);
    const kept = w.clone();
    step(tf.tensor2d([[1, 2, 3]]));
    expect(read(kept)).toEqual([2, 2, 2, 2, 2, 2]);
    expect(read(w)).not.toEqual(read(kept));
  });

  test("is nothing when a call is only there to warm up", async () => {
    const { w, step } = model(true);
    await step.warm(tf.tensor2d([[1, 2, 3]]));
    expect(read(w)).toEqual([2, 2, 2, 2, 2, 2]);
  });

  test("is nothing when XLA has no form of what the function does", () => {
    const v = tf.tidy(() => tf.variable(tf.ones([4])));
    const uncompilable = jit((x: tf.Tensor) => {
      v.assign(v.add(1));
      return tf.dilation2d(x as tf.Tensor4D, tf.ones([2, 2, 1]), 1, "same");
    }, xla);
    expect(() => uncompilable(tf.ones([1, 4, 4, 1]))).toThrowError(
      expect.objectContaining({ code: "EASEL_ENGINE_TENSORFLOW" }),
    );
    expect(read(v)).toEqual([1, 1, 1, 1]);
  });
});

describe("while a call is under way", () => {
  test("its variables cannot be read, and can afterwards", async () => {
    const { w, step } = model(true);
    const x = tf.tensor2d([[1, 2, 3]]);
    step(x);
    const running = step.async(x);
    await Promise.resolve();
    expect(() => w.dataSync()).toThrowError(
      expect.objectContaining({ code: "EASEL_ENGINE_LENT", retryable: true }),
    );
    expect(() => w.add(1)).toThrowError(expect.objectContaining({ code: "EASEL_ENGINE_LENT" }));
    await running;
    expect(read(w)).toHaveLength(6);
  });

  test("assigning one by hand rejects the call and keeps what was assigned", async () => {
    const { w, step } = model(true);
    const running = step.async(tf.tensor2d([[1, 2, 3]]));
    await Promise.resolve();
    w.assign(tf.zeros([3, 2]));
    await expect(running).rejects.toMatchObject({ code: "EASEL_ENGINE_VARIABLE_CHANGED" });
    expect(read(w)).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

test("100 calls leave nothing behind, and disposing gives everything back", async () => {
  const { step } = model(true);
  const x = tf.tensor2d([[1, 2, 3]]);
  const start = memory();
  tf.dispose(step(x));
  const before = memory();
  for (let i = 0; i < 50; i++) tf.dispose([step(x), await step.async(x)]);
  const after = memory();
  expect([after.tensors, after.handles]).toEqual([before.tensors, before.handles]);
  step.dispose();
  expect(memory().handles).toBeLessThanOrEqual(start.handles + 4); // values uploaded at the first call
});

test("graph mode, where it cannot be done, refuses", () => {
  expect(() => jit((x: tf.Tensor) => x, { donate: true })).toThrowError(
    expect.objectContaining({ code: "EASEL_ENGINE_DONATE_GRAPH" }),
  );
});

// Linux resets a process's peak on request. A process of its own for each measurement: freed memory may stay resident.
const canMeasure = existsSync("/proc/self/clear_refs");
const SIZE_MB = 256;

function updateLargeVariable(donate: boolean): string {
  return `
  import { readFileSync, writeFileSync } from "node:fs";
  const { jit, startEngine, tf } = await import(${JSON.stringify(import.meta.resolve("@easel/engine"))});
  await startEngine({ threads: 2 });
  const figure = (name) => Number(new RegExp(name + ":\\\\s+(\\\\d+)").exec(readFileSync("/proc/self/status", "utf8"))[1]) / 1024;
  const updates = (rows) => {
    const v = tf.tidy(() => tf.variable(tf.fill([rows, 1024, 256], 1)));
    const halve = jit(() => v.assign(v.mul(0.5)), { compile: "xla", donate: ${donate} });
    for (let i = 0; i < 3; i++) halve();
    return v.slice([rows - 1, 0, 0], [1, 1, 1]).dataSync()[0];
  };
  updates(1); // what compiling takes
  const before = figure("VmRSS");
  writeFileSync("/proc/self/clear_refs", "5");
  const value = updates(${SIZE_MB});
  console.log(JSON.stringify({ value, peakMb: figure("VmHWM") - before }));`;
}

describe.skipIf(!canMeasure)(`updates of a variable of ${SIZE_MB} MB`, () => {
  const measure = async (donate: boolean): Promise<{ readonly value: number; readonly peakMb: number }> => {
    const code = updateLargeVariable(donate);
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", code]);
    return JSON.parse(stdout);
  };

  test("take its memory once with donation, and twice without", { timeout: 240_000 }, async () => {
    const [once, twice] = [await measure(true), await measure(false)];
    expect([once.value, twice.value]).toEqual([0.125, 0.125]);
    expect(once.peakMb).toBeLessThan(1.4 * SIZE_MB);
    expect(twice.peakMb).toBeGreaterThan(1.9 * SIZE_MB);
  });
});
