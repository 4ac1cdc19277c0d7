// One training step of adapters over a frozen decoder, each layer computed again in the backward pass: what fine-tuning a
// model that fills the memory comes down to.
import { adapterVariables, createAdapter } from "@easel/engine";
import { loadJanus, sequenceLoss } from "@easel/janus";
import { readBatch } from "./packed-batch.mjs";
import { tracedStep } from "./traced-step.mjs";

// Those of the PyTorch side.
const [rank, alpha] = [32, 32];
const layers = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

/** Numbers in [0,1) that the PyTorch side makes too: Knuth's multiplicative hash of 0, 1, 2, ... */
function spreadNumbers() {
  let index = 0;
  return { next: () => ((index++ * 2654435761) % 2 ** 32) / 2 ** 32 };
}

export async function prepare({ checkpoint, batch: file, compile, matmul }) {
  const { config, params: base } = await loadJanus(checkpoint, { parts: ["language", "image"] });
  const paths = Array.from({ length: config.language.layers }, (_, layer) =>
    layers.map((name) => {
      const block = /^[qkvo]_/.test(name) ? "self_attn" : "mlp";
      return `language_model.model.layers.${layer}.${block}.${name}`;
    }),
  ).flat();
  const adapter = createAdapter({ paths, params: base, rank, alpha, random: spreadNumbers() });
  const params = { ...base, adapters: [adapter] };
  const trained = adapterVariables(adapter);
  const lossOf = (tensors) => sequenceLoss(config, params, tensors, undefined, { recompute: trained }).loss;
  return tracedStep({ name: "lora-step", compile, matmul, batch: readBatch(file), trained, lossOf });
}
