// One training step of the decoder: Easel's supervised loss and the gradients of every weight.
import { loadJanus, sequenceLoss } from "@easel/janus";
import { isPolicyWeight } from "@easel/training";
import { readBatch } from "./packed-batch.mjs";
import { tracedStep } from "./traced-step.mjs";

/** @param weights of the parts of the loss; all 1 when left out. */
export async function prepare({ checkpoint, batch: file, compile, matmul, weights }) {
  const { config, params } = await loadJanus(checkpoint, {
    trainable: isPolicyWeight,
    parts: ["language", "image"],
  });
  const lossOf = (tensors) => sequenceLoss(config, params, tensors, weights).loss;
  const batch = readBatch(file);
  return tracedStep({ name: "train-step", compile, matmul, batch, trained: params.weights, lossOf });
}
