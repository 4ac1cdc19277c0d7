// One training step of the decoder: Easel's supervised loss, gradients, clipping and AdamW in one traced function.
import { clipByGlobalNorm, createAdamW, jit, tf, valueAndGrads } from "@easel/engine";
import { loadJanus, sequenceLoss } from "@easel/janus";
import { isPolicyWeight } from "@easel/training";
import { readBatch } from "./packed-batch.mjs";

// Those of the PyTorch side.
const [learningRate, weightDecay, maxNorm] = [3e-4, 0.01, 1];

/** @param weights of the parts of the loss; all 1 when left out. */
export async function prepare({ checkpoint, batch: file, compile, matmul, weights }) {
  const { config, params } = await loadJanus(checkpoint, {
    trainable: isPolicyWeight,
    parts: ["language", "image"],
  });
  const batch = readBatch(file);
  const optimizer = createAdamW({ variables: params.weights, weightDecay });
  const rate = tf.scalar(learningRate);
  const step = jit(
    (tensors, stepRate) => {
      const { value, grads } = valueAndGrads(
        () => sequenceLoss(config, params, tensors, weights).loss,
        params.weights,
      );
      optimizer.update(clipByGlobalNorm(grads, maxNorm).grads, stepRate);
      return value;
    },
    { name: "train-step", compile, matmul },
  );
  const losses = [];
  return {
    async once() {
      const loss = await step.async(batch, rate);
      losses.push((await loss.data())[0]);
      loss.dispose();
    },
    check: () => ({ losses: losses.slice(0, 3) }),
    explain: step.explain,
  };
}
