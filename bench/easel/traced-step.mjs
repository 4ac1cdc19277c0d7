// Gradients, clipping and AdamW in one traced function, of whatever is trained; what a measured process calls again and again.
import { clipByGlobalNorm, createAdamW, jit, tf, valueAndGrads } from "@easel/engine";

// Those of the PyTorch side.
const [learningRate, weightDecay, maxNorm] = [3e-4, 0.01, 1];

/**
 * @param trained variables by name
 * @param lossOf the loss of a batch's tensors
 */
export function tracedStep({ name, compile, matmul, batch, trained, lossOf }) {
  const optimizer = createAdamW({ variables: trained, weightDecay });
  const rate = tf.scalar(learningRate);
  const step = jit(
    (tensors, stepRate) => {
      const { value, grads } = valueAndGrads(() => lossOf(tensors), trained);
      optimizer.update(clipByGlobalNorm(grads, maxNorm).grads, stepRate);
      return value;
    },
    { name, compile, matmul },
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
