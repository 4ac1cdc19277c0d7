// Scenarios of calls off the event loop, of other threads, and of a process that ends meanwhile. Each is one process
// (see one.mjs).
import assert from "node:assert/strict";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { addon, floats, tensor } from "./addon.mjs";

const size = 192;

/** A matrix whose products with itself stay what it is. */
const identity = () => {
  const values = new Float32Array(size * size);
  for (let i = 0; i < size; i++) values[i * size + i] = 1;
  return tensor([size, size], addon.TF_FLOAT, values);
};
const square = (id) => addon.executeOpAsync("MatMul", [], [id, id], 1);

/** Many calls at once, inputs freed at once, results freed as they come, failures among them. */
export async function asyncCalls() {
  const scalar = tensor([], addon.TF_FLOAT, Float32Array.of(1));
  for (let round = 0; round < 5; round++) {
    const calls = Array.from({ length: 16 }, (_, i) => {
      const x = identity();
      const call = i % 4 === 3 ? addon.executeOpAsync("MatMul", [], [x, scalar], 1) : square(x);
      addon.deleteTensor(x);
      return call;
    });
    const results = await Promise.allSettled(calls);
    for (const [i, result] of results.entries()) {
      if (i % 4 === 3) {
        assert.equal(result.reason?.code, "EASEL_ENGINE_TENSORFLOW");
        continue;
      }
      const [{ id, shape }] = result.value;
      assert.deepEqual(shape, [size, size]);
      assert.equal(floats(id)[size + 1], 1);
      addon.deleteTensor(id);
    }
  }
  assert.equal(addon.tensorCounts().handles, 1);
}

/** The program ends by itself while calls run and nobody waits for them. */
export function endInFlight() {
  const x = identity();
  for (let i = 0; i < 8; i++) square(x);
}

/** process.exit while calls run. */
export function exitInFlight() {
  const x = identity();
  for (let i = 0; i < 8; i++) square(x);
  process.exit(0);
}

/** The same some time later, when some of the calls have ended and others wait for a thread. */
export async function exitBetweenCalls() {
  const x = identity();
  const calls = Array.from({ length: 32 }, () => square(x));
  await calls[0];
  process.exit(0);
}

/** A rejection that nobody handles ends the process while calls run; main.mjs expects status 1. */
export function throwInFlight() {
  const x = identity();
  for (let i = 0; i < 8; i++) square(x);
  throw new Error("thrown on purpose");
}

const inWorker = (body) =>
  new Worker(
    `import { parentPort } from "node:worker_threads";
     const { addon } = await import(${JSON.stringify(new URL("./addon.mjs", import.meta.url).href)});
     const values = new Float32Array(${size * size}).fill(1);
     const x = addon.createTensor([${size}, ${size}], addon.TF_FLOAT, values);
     ${body}`,
    { eval: true, execArgv: ["--input-type=module"] },
  );

/** Two workers beside the main thread, each with its own context, all computing. */
export async function workers() {
  const program = `for (let i = 0; i < 5; i++) {
       const [{ id }] = await addon.executeOpAsync("MatMul", [], [x, x], 1);
       parentPort.postMessage(addon.tensorDataSync(id)[0]);
       addon.deleteTensor(id);
     }`;
  const started = [inWorker(program), inWorker(program)];
  const ends = started.map((worker) => once(worker, "exit"));
  const seen = started.map((worker) => {
    const values = [];
    worker.on("message", (value) => values.push(value));
    return values;
  });
  const x = identity();
  for (let i = 0; i < 5; i++) addon.deleteTensor((await square(x))[0].id);
  assert.deepEqual(await Promise.all(ends), [[0], [0]]);
  assert.deepEqual(seen, [Array(5).fill(size), Array(5).fill(size)]);
}

/** A worker that is terminated while its calls run. */
export async function terminateInFlight() {
  for (let round = 0; round < 3; round++) {
    const worker = inWorker(
      `for (let i = 0; i < 8; i++) addon.executeOpAsync("MatMul", [], [x, x], 1);
       parentPort.postMessage("under way");`,
    );
    await once(worker, "message");
    await worker.terminate();
  }
  const x = identity();
  assert.equal(floats((await square(x))[0].id)[0], 1);
}
