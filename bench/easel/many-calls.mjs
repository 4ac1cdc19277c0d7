// Ten thousand calls of one traced training step: neither handles nor resident memory may grow.
import { createAdamW, jit, memory, tf, valueAndGrads } from "@easel/engine";

/** Calls after which TensorFlow's pools and V8's heap have their size. */
const settled = 2000;

function smallStep() {
  const shapes = { first: [64, 128], second: [128, 64] };
  const variables = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      tf.variable(tf.randomNormal(shape, 0, 0.1, "float32", 1)),
    ]),
  );
  const optimizer = createAdamW({ variables });
  const rate = tf.scalar(1e-3);
  const step = jit(
    (x, stepRate) => {
      const { value, grads } = valueAndGrads(() => {
        const inner = tf.relu(tf.matMul(x, variables.first));
        return tf.mean(tf.square(tf.sub(tf.matMul(inner, variables.second), x)));
      }, variables);
      optimizer.update(grads, stepRate);
      return value;
    },
    { name: "small-step" },
  );
  return async (x) => {
    const loss = await step.async(x, rate);
    await loss.data();
    loss.dispose();
  };
}

export async function prepare({ calls }) {
  const step = smallStep();
  const x = tf.randomNormal([32, 64], 0, 1, "float32", 2);
  const figures = [];
  return {
    async once() {
      for (let call = 1; call <= calls; call++) {
        await step(x);
        if (call === settled || call === calls) figures.push(memory());
      }
    },
    check() {
      const [before, after] = figures;
      return {
        figures: {
          handlesGrown: after.handles - before.handles,
          tensorsGrown: after.tensors - before.tensors,
          residentGrownBytes: after.residentBytes - before.residentBytes,
          residentBytes: after.residentBytes,
        },
      };
    },
  };
}
