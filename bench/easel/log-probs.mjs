// The log-probs of all tokens of a batch, without gradients: the learner's reference pass.
import { jit, tf } from "@easel/engine";
import { loadJanus, tokenLogProbs } from "@easel/janus";
import { readBatch } from "./packed-batch.mjs";

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

export async function prepare({ checkpoint, batch: file, compile, matmul }) {
  const { config, params } = await loadJanus(checkpoint, { parts: ["language", "image"] });
  const batch = readBatch(file);
  const pass = jit(
    (tensors) => {
      const { text, image } = tokenLogProbs(config, params, tensors);
      return { text: tf.mul(text, tensors.textMask), image };
    },
    { name: "log-probs", compile, matmul },
  );
  let losses = [];
  return {
    async once() {
      const result = await pass.async(batch);
      losses = [mean(await result.text.data()), mean(await result.image.data())];
      tf.dispose(result);
    },
    check: () => ({ losses }),
    explain: pass.explain,
  };
}
