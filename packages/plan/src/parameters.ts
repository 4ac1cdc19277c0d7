// Numbers of weights: of a model by part, of an adapter over it. From the shapes alone.
import { type JanusConfig, janusLayout, type ModelPart } from "@easel/janus";

/** What an adapter is described by; as the configuration has it. */
export type AdapterSize = {
  readonly rank: number;
  /** Last parts of the paths of layers under `language_model`. */
  readonly targets: readonly string[];
  readonly imageHead?: boolean;
  readonly imageAligner?: boolean;
  /** The layout tokens' rows of the embedding and of the text head. */
  readonly tokenRows?: boolean;
};

/** GoT-R1's layout tokens. */
const layoutTokens = 4;

/** Numbers of weights by part. */
export type Parameters = {
  readonly embedding: number;
  readonly blocks: number;
  readonly textHead: number;
  /** `gen_embed`, `gen_aligner` and `gen_head`. */
  readonly image: number;
  readonly vqEncoder: number;
  /** With the codebook. */
  readonly vqDecoder: number;
};

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

function count(
  config: JanusConfig,
  parts: readonly ModelPart[],
  wanted = (_: string): boolean => true,
): number {
  let sum = 0;
  for (const [name, shape] of janusLayout(config, parts)) if (wanted(name)) sum += sizeOf(shape);
  return sum;
}

/** Counts the weights of a model. */
export function parametersOf(config: JanusConfig): Parameters {
  const embedding = count(config, ["language"], (name) => name.endsWith(".embed_tokens.weight"));
  const textHead = count(config, ["language"], (name) => name.includes(".lm_head."));
  const vqDecoder = count(config, ["vq-decoder"]);
  return {
    embedding,
    blocks: count(config, ["language"]) - embedding - textHead,
    textHead,
    image: count(config, ["image"]),
    vqEncoder: count(config, ["vq-encoder", "vq-decoder"]) - vqDecoder,
    vqDecoder,
  };
}

/** Weights that training a whole policy moves: all but the picture codec. */
export function policyParameters(p: Parameters): number {
  return p.embedding + p.blocks + p.textHead + p.image;
}

/** Weights of an adapter: A `[rank, in]` and B `[out, rank]` for each layer that it covers, and rows of tokens. */
export function adapterParameters(config: JanusConfig, adapter: AdapterSize): number {
  const { rank, targets, imageHead = false, imageAligner = false, tokenRows = false } = adapter;
  const isCovered = (name: string): boolean =>
    (name.startsWith("language_model.") && targets.some((target) => name.endsWith(`.${target}.weight`))) ||
    (imageHead && /^gen_head\..*\.weight$/.test(name)) ||
    (imageAligner && /^gen_aligner\..*\.weight$/.test(name));
  let sum = tokenRows ? 2 * layoutTokens * config.language.hidden : 0;
  for (const [name, shape] of janusLayout(config, ["language", "image"])) {
    const [out, input] = shape;
    if (out !== undefined && input !== undefined && isCovered(name)) sum += rank * (out + input);
  }
  return sum;
}
