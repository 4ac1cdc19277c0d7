// The cases of the engine's benchmark: what is computed, in which variants, and what is hoped for. Data only.
import { nanoFolder } from "../easel/model-sizes.mjs";

/** @param folder where inputs are written for this run. */
export function casesIn(folder) {
  const checkpointOf = (size) => (size === "1m" ? nanoFolder : `${folder}/${size}`);
  return [
    ...["1m", "10m", "100m"].flatMap((size) => [trainStep(size, "fp32"), trainStep(size, "bf16")]),
    loraStep("10m"),
    loraStep("100m"),
    logProbs("1m"),
    logProbs("10m"),
    decode({ name: "decode-rollout", rows: 128, textCap: 72, caption: "a red circle left of a blue square" }),
    ...[80, 192, 1024].map((slots) => decodeTo(slots, 128)),
    ...[2, 16].map((rows) => decodeTo(80, rows)),
    decodeTo(1024, 16),
    pictures(),
    loading("1m"),
    loading("100m"),
    manyCalls(),
  ];

  function checkpointInput(size) {
    return size === "1m" ? [] : [{ kind: "checkpoint", size, folder: checkpointOf(size) }];
  }

  function batchOf(size) {
    const shape = {
      "1m": { rows: 16, prompt: 16, chain: 48, image: 64 },
      "10m": { rows: 8, prompt: 16, chain: 96, image: 144 },
      "100m": { rows: 4, prompt: 16, chain: 48, image: 64 },
    }[size];
    const length = shape.prompt + shape.chain + shape.image;
    const checkpoint = checkpointOf(size);
    const file = `${folder}/batch-${size}.json`;
    return {
      text: `${shape.rows} rows of ${length} tokens`,
      tokens: shape.rows * length,
      job: { checkpoint, batch: file },
      inputs: [...checkpointInput(size), { kind: "batch", checkpoint, file, ...shape }],
    };
  }

  function trainStep(size, precision) {
    const batch = batchOf(size);
    const easel = {
      side: "easel",
      workload: "train_step",
      ...batch.job,
      matmul: precision === "fp32" ? "f32" : "bf16",
    };
    const pytorch = { side: "pytorch", workload: "train_step", ...batch.job, precision };
    const products = precision === "bf16" ? ", products in bf16" : "";
    // XLA compiles the largest for minutes and gains nothing there; bf16 products gain nothing under XLA on a CPU.
    const withXla = size !== "100m" && precision === "fp32";
    const goals = precision === "fp32" ? [ratio("pytorch-eager", size === "1m" ? 1.25 : 1)] : [];
    if (size === "1m" && precision === "fp32")
      goals.push(ratio("pytorch-compile", 1.1), limit("firstMs", 5000));
    if (size === "1m") goals.push(limit("gapP99Ms", 20));
    return {
      name: `train-${size}-${precision}`,
      title: `train step, ${size.replace("m", " M")} parameters, ${batch.text}, ${precision === "fp32" ? "fp32" : "bf16 products"}`,
      tokens: batch.tokens,
      inputs: batch.inputs,
      tolerance: { losses: precision === "fp32" ? 1e-3 : 2e-2 },
      // The first is the faster of the two on the machine the goals were set for, and what they are of.
      variants: [
        ...(withXla ? [{ name: "easel-xla", text: "Easel, XLA", job: { ...easel, compile: "xla" } }] : []),
        { name: "easel-graph", text: `Easel, graph${products}`, job: { ...easel, compile: "graph" } },
        { name: "pytorch-eager", text: "PyTorch, eager", job: { ...pytorch, mode: "eager" } },
        { name: "pytorch-compile", text: "PyTorch, torch.compile", job: { ...pytorch, mode: "compile" } },
      ],
      goals,
    };
  }

  function loraStep(size) {
    const batch = batchOf(size);
    const job = { workload: "lora_step", ...batch.job, memoryOf: "step" };
    return {
      name: `lora-${size}`,
      title: `LoRA step with each layer recomputed, ${size.replace("m", " M")} frozen parameters, ${batch.text}, fp32; memory after loading`,
      tokens: batch.tokens,
      inputs: batch.inputs,
      tolerance: { losses: 1e-3 },
      variants: [
        {
          name: "easel-graph",
          text: "Easel, graph",
          job: { side: "easel", ...job, compile: "graph", matmul: "f32" },
        },
        { name: "pytorch-eager", text: "PyTorch, eager", job: { side: "pytorch", ...job } },
      ],
      goals: [{ kind: "memory", variant: "pytorch-eager" }],
    };
  }

  function logProbs(size) {
    const batch = batchOf(size);
    const easel = { side: "easel", workload: "log_probs", ...batch.job, compile: "graph", matmul: "f32" };
    const pytorch = { side: "pytorch", workload: "log_probs", ...batch.job, precision: "fp32" };
    return {
      name: `log-probs-${size}`,
      title: `log-prob pass, ${size.replace("m", " M")} parameters, ${batch.text}, fp32`,
      tokens: batch.tokens,
      inputs: batch.inputs,
      tolerance: { losses: 1e-3 },
      variants: [
        { name: "easel-graph", text: "Easel, graph", job: easel },
        { name: "pytorch-eager", text: "PyTorch, eager", job: { ...pytorch, mode: "eager" } },
        { name: "pytorch-compile", text: "PyTorch, torch.compile", job: { ...pytorch, mode: "compile" } },
      ],
      goals: [],
    };
  }

  /** Begin-of-image and the 64 codes of a picture after a prompt that fills the rest of a cache of `slots`. */
  function decodeTo(slots, rows) {
    const goals = rows === 128 ? [ratio("pytorch-loop", slots === 80 ? 1.4 : 1)] : [];
    if (rows === 128 && slots === 80) goals.push(ratio("transformers-generate", 3), limit("gapP99Ms", 20));
    return decode({
      name: `decode-${rows}x${slots}`,
      title: `decode, ${rows} rows, cache length ${slots}, 65 tokens each`,
      rows,
      prompt: slots - 65,
      textCap: 0,
      // The forced begin-of-image alone, then the picture: what comes after a chain.
      segmentLengths: [1, 64],
      goals,
    });
  }

  function decode({ name, title, rows, textCap, segmentLengths, goals = [], ...prompt }) {
    const file = `${folder}/${name}.json`;
    const job = { checkpoint: nanoFolder, requests: file, rows, workload: "sampling" };
    const easel = { side: "easel", ...job, ...(segmentLengths === undefined ? {} : { segmentLengths }) };
    const generate = goals.some(({ variant }) => variant === "transformers-generate");
    const loop = { name: "pytorch-loop", text: "PyTorch, written by hand", job: { side: "pytorch", ...job } };
    const library = {
      name: "transformers-generate",
      text: "transformers' generate",
      job: { side: "pytorch", ...job, workload: "transformers_generate" },
    };
    return {
      name,
      title:
        title ?? `decode, ${rows} rows of a rollout: chains of up to ${textCap} tokens, then the picture`,
      tokens: "ids",
      inputs: [{ kind: "requests", checkpoint: nanoFolder, file, rows, textCap, ...prompt }],
      tolerance: { ids: 0.1 },
      variants: [
        { name: "easel-xla", text: "Easel, XLA", job: { ...easel, compile: "xla" } },
        { name: "easel-graph", text: "Easel, graph", job: { ...easel, compile: "graph" } },
        loop,
        ...(generate ? [library] : []),
      ],
      goals,
    };
  }

  function pictures() {
    const file = `${folder}/codes.json`;
    const job = { checkpoint: nanoFolder, codes: file, workload: "vq_decoder" };
    return {
      name: "vq-decode",
      title: "VQ decoder, 32 pictures of 64 x 64, fp32",
      tokens: null,
      inputs: [{ kind: "codes", checkpoint: nanoFolder, file, pictures: 32 }],
      tolerance: { levels: 1 },
      variants: [
        { name: "easel-graph", text: "Easel, graph", job: { side: "easel", ...job, compile: "graph" } },
        { name: "pytorch-eager", text: "PyTorch, eager", job: { side: "pytorch", ...job, mode: "eager" } },
        {
          name: "pytorch-compile",
          text: "PyTorch, torch.compile",
          job: { side: "pytorch", ...job, mode: "compile" },
        },
      ],
      goals: [],
    };
  }

  function loading(size) {
    const job = { checkpoint: checkpointOf(size), workload: "load_checkpoint" };
    return {
      name: `load-${size}`,
      title: `from starting the process to a decoder of ${size.replace("m", " M")} parameters in memory`,
      tokens: null,
      kind: "whole-process",
      inputs: checkpointInput(size),
      tolerance: {},
      variants: [
        { name: "easel", text: "Easel", job: { side: "easel", ...job } },
        { name: "pytorch", text: "PyTorch", job: { side: "pytorch", ...job } },
      ],
      goals: [],
    };
  }

  function manyCalls() {
    const calls = 10_000;
    return {
      name: "many-calls",
      title: `memory over ${calls.toLocaleString("en")} calls of a traced training step, after the first 2,000`,
      tokens: null,
      kind: "figures",
      inputs: [],
      tolerance: {},
      variants: [{ name: "easel", text: "Easel", job: { side: "easel", workload: "many_calls", calls } }],
      goals: [limit("handlesGrown", 0), limit("tensorsGrown", 0), limit("residentGrownBytes", 16e6)],
    };
  }
}

/** The product's own variant, the first of a case, is at least so many times as fast as another. */
const ratio = (variant, atLeast) => ({ kind: "ratio", variant, atLeast });

/** A figure of the product's own variant is at most so much. */
const limit = (figure, atMost) => ({ kind: "limit", figure, atMost });
