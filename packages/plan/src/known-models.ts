// Sizes of the released Janus-Pro models, so that a plan needs no download. GoT-R1 has the same sizes: its authors added
// four tokens to a vocabulary whose matrices had room for them.
import { type JanusConfig, parseConfig } from "@easel/janus";

type Sizes = {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly intermediate: number;
};

/** Janus-Pro report, table 1; intermediate widths as in the ports of the model. */
const sizes = {
  "1b": { hidden: 2048, layers: 24, heads: 16, intermediate: 5632 },
  "7b": { hidden: 4096, layers: 30, heads: 32, intermediate: 11008 },
} as const satisfies Readonly<Record<string, Sizes>>;

const CODES = 16_384;
const CODE_WIDTH = 8;
const VOCABULARY = 102_400;

function configOf({ hidden, layers, heads, intermediate }: Sizes): JanusConfig {
  const inImage = { params: { n_embed: hidden } };
  return parseConfig({
    model_type: "multi_modality",
    language_config: {
      hidden_size: hidden,
      intermediate_size: intermediate,
      num_hidden_layers: layers,
      num_attention_heads: heads,
      vocab_size: VOCABULARY,
    },
    gen_vision_config: { params: { image_token_size: CODES, n_embed: CODE_WIDTH } },
    gen_aligner_config: { params: { ...inImage.params, depth: 2, input_dim: CODE_WIDTH } },
    gen_head_config: { params: { ...inImage.params, image_token_embed: hidden, image_token_size: CODES } },
  });
}

const makers: Readonly<Record<string, () => JanusConfig>> = {
  "janus-pro-1b": () => configOf(sizes["1b"]),
  "janus-pro-7b": () => configOf(sizes["7b"]),
  "got-r1-1b": () => configOf(sizes["1b"]),
  "got-r1-7b": () => configOf(sizes["7b"]),
};

/** Names of {@link knownModel}, lower case. */
export const knownModels: readonly string[] = Object.keys(makers);

/** A released model. */
export type KnownModel = { readonly name: string; readonly config: JanusConfig };

/**
 * A released model by its name, in any case, or by a name that goes on from it with a hyphen, as what training made of it
 * may be called: `janus-pro-1b-got`. Null for another name.
 */
export function knownModel(wanted: string): KnownModel | null {
  const text = wanted.toLowerCase();
  const name = knownModels.find((known) => text === known || text.startsWith(`${known}-`));
  const config = name === undefined ? undefined : makers[name]?.();
  return name === undefined || config === undefined ? null : { name, config };
}

/**
 * Weights of the understanding tower and its aligner, which released checkpoints hold and Easel never loads: SigLIP-L/16
 * at 384 px with attention pooling, 24 layers of width 1024, then two linear layers.
 */
export function understandingParameters({ language: { hidden } }: JanusConfig): number {
  const width = 1024;
  const inner = 4096;
  const linear = (from: number, to: number): number => from * to + to;
  const feedForward = linear(width, inner) + linear(inner, width);
  const layer = 4 * linear(width, width) + feedForward + 4 * width;
  const embeddings = linear(3 * 16 * 16, width) + 24 * 24 * width;
  const pooling = width + 4 * linear(width, width) + feedForward + 2 * width;
  const tower = embeddings + 24 * layer + 2 * width + pooling;
  return tower + linear(width, hidden) + linear(hidden, hidden);
}
