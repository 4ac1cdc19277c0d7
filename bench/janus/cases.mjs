// The cases beside transformers' own Janus class: guided pictures after a prompt and its chain, and training steps. Data only.
import { nanoFolder } from "../easel/model-sizes.mjs";

/** @param folder where inputs are written for this run. */
export function casesIn(folder) {
  const exported = `${folder}/nano-transformers`;
  const exportInput = { kind: "export", checkpoint: nanoFolder, folder: exported };
  return [
    pictures({ name: "pictures-4", prompts: 1, rows: 4 }),
    pictures({ name: "pictures-64", prompts: 8, rows: 64 }),
    pictures({ name: "pictures-64-sampled", prompts: 8, rows: 64, temperature: 1 }),
    trainStep({ name: "train", title: "chain and picture" }),
    trainStep({ name: "train-chain", title: "chain alone", loss: "chain" }),
  ];

  /**
   * Greedy unless `temperature` is given. The chains hold no begin-of-sentence: with one the two sides would make
   * different unconditional rows, as the library keeps every such id and the original code the first place only.
   */
  function pictures({ name, prompts, rows, temperature = 0 }) {
    const file = `${folder}/${name}.json`;
    const job = { workload: "sampling", requests: file, rows, guidanceScale: 5, temperature };
    const easel = { side: "easel", ...job, checkpoint: nanoFolder, segmentLengths: [1, 64], codesOnly: true };
    const library = { side: "pytorch", ...job, workload: "transformers_janus_generate", export: exported };
    const of = prompts === 1 ? "one prompt" : `${prompts} prompts`;
    return {
      name,
      title: `${rows} pictures of 64 codes of ${of} with chains, guidance 5, ${temperature === 0 ? "greedy" : "sampled"}`,
      tokens: "ids",
      inputs: [exportInput, { kind: "planned", checkpoint: nanoFolder, file, prompts }],
      tolerance: temperature === 0 ? { ids: 0.1 } : {},
      variants: [
        { name: "easel-xla", text: "Easel, XLA", job: { ...easel, compile: "xla" } },
        { name: "easel-graph", text: "Easel, graph", job: { ...easel, compile: "graph" } },
        { name: "transformers", text: "transformers' Janus", job: library },
      ],
      goals: [],
    };
  }

  /** The chain's loss is the class's own, from labels; that of pictures is taken from its image head, as it offers none. */
  function trainStep({ name, title, loss = "all" }) {
    // Plain text alone, no special ids: the library never trains the embedding of its pad id.
    const shape = { rows: 16, prompt: 16, chain: 48, image: 64, idsBelow: 400 };
    const length = shape.prompt + shape.chain + shape.image;
    const file = `${folder}/batch.json`;
    const weights = { chain: 1, boi: 1, image: loss === "all" ? 1 : 0 };
    const job = { workload: "train_step", batch: file };
    const easel = { side: "easel", ...job, checkpoint: nanoFolder, weights, matmul: "f32" };
    const library = { side: "pytorch", ...job, export: exported, loss, precision: "fp32" };
    return {
      name,
      title: `train step, loss of ${title}, ${shape.rows} rows of ${length} tokens, fp32`,
      tokens: shape.rows * length,
      inputs: [exportInput, { kind: "batch", checkpoint: nanoFolder, file, ...shape }],
      tolerance: { losses: 1e-3 },
      variants: [
        { name: "easel-xla", text: "Easel, XLA", job: { ...easel, compile: "xla" } },
        { name: "easel-graph", text: "Easel, graph", job: { ...easel, compile: "graph" } },
        { name: "transformers", text: "transformers' Janus", job: { ...library, mode: "eager" } },
      ],
      goals: [],
    };
  }
}
