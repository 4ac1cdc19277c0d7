// Run by the Node.js under test: the engine starts, computes eagerly, in a graph, under XLA and off the event loop, takes a
// training step, and says what it ran on.
import assert from "node:assert/strict";
import { jit, startEngine, tf } from "@easel/engine";

const info = await startEngine({ threads: 1 });
const x = tf.tensor2d([
  [1, 2],
  [3, 4],
]);
assert.deepEqual([...tf.matMul(x, x).dataSync()], [7, 10, 15, 22]);
for (const compile of ["graph", "xla"]) {
  const w = tf.variable(tf.ones([2, 1]));
  const step = jit(
    (input) => {
      const { value, grads } = tf.variableGrads(() => tf.sum(tf.square(tf.matMul(input, w))), [w]);
      w.assign(w.sub(grads[w.name].mul(0.01)));
      return value;
    },
    { compile },
  );
  const losses = [step(x).dataSync()[0], (await step.async(x)).dataSync()[0]];
  assert.equal(losses[0], 58);
  assert.ok(losses[1] < losses[0]);
  step.dispose();
}
console.log(`Node.js ${process.versions.node}: ${info.library} ${info.version} computes`);
