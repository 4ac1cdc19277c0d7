// One compiled segment of decoding: every row steps in lock-step, each a small state machine (chain, then exactly N image
// tokens, then done), until the cache is full or all rows are done.
import { dynamicUpdateSlice, loop, type Params, type SharedPrefix, tf } from "@easel/engine";
import type { JanusConfig } from "../config.js";
import { alignedTable, imageEmbedding, textEmbedding } from "../decoder/embeddings.js";
import { imageLogits, textLogits } from "../decoder/heads.js";
import { decoderLayers } from "../decoder/layers.js";
import { type RotaryTables, rotaryTables } from "../decoder/rotary.js";
import { mixGuidance } from "../log-probs/guidance.js";
import type { HeadTruncation } from "../log-probs/truncation.js";
import { type Draw, type DrawOptions, inverseCdf } from "./inverse-cdf.js";
import { extendingAttention, growCache, type KvCache, sharedPrompts } from "./kv-cache.js";
import type { HeadTemperature } from "./types.js";

/** `boiStep` of a row that is still in its chain. */
export const IN_CHAIN = 1 << 30;

/** Settings that are part of the compiled code. */
export type SegmentSettings = {
  readonly promptBucket: number;
  /** The step that ends this segment; the cache holds a slot for each step before it. */
  readonly end: number;
  readonly textCap: number;
  readonly guidanceScale: number;
  readonly temperature: HeadTemperature;
  readonly truncation: HeadTruncation;
  readonly entropy: boolean;
  readonly boi: number;
  readonly pad: number;
  /** False once no row is in its chain any more: the text head is then left out. */
  readonly withText: boolean;
};

/** What a segment takes from the one before. Step 0 samples the first token after the prompt. */
export type DecodeState = {
  /** int32 scalar */
  readonly step: tf.Tensor;
  /** `[streams, hidden]` state that the next token is sampled from. */
  readonly hidden: tf.Tensor;
  /** int32 `[rows]` step of begin-of-image, or {@link IN_CHAIN}. */
  readonly boiStep: tf.Tensor;
  /** int32 `[steps, rows]` */
  readonly tokens: tf.Tensor;
  /** `[steps, rows]` */
  readonly logProbs: tf.Tensor;
  /** `[steps, rows]`, or `[1, 1]` when entropies are not asked for. */
  readonly entropies: tf.Tensor;
  /** Of each stream since its prompt. */
  readonly cache: KvCache;
};

/** Inputs that stay the same through a batch. */
export type DecodeInputs = {
  /** `[steps, rows]` */
  readonly uniforms: tf.Tensor;
  /** int32 `[streams]` */
  readonly streamStarts: tf.Tensor;
  /** int32 `[streams]` */
  readonly promptOfStream: tf.Tensor;
  /** The cache of the prompts, each once. */
  readonly prompts: KvCache;
};

const int = (n: number): tf.Scalar => tf.scalar(n, "int32");

type Sampled = {
  /** int32 `[rows]` sampled id of the row's own kind. */
  readonly ids: tf.Tensor;
  readonly logProbs: tf.Tensor;
  readonly entropy: tf.Tensor | null;
};

/** Reads the row of `[steps, rows]` that belongs to a step. */
function stepRow(x: tf.Tensor, step: tf.Tensor): tf.Tensor {
  return tf.reshape(tf.gather(x, tf.reshape(step, [1]) as tf.Tensor1D), [x.shape[1] ?? 0]);
}

function writeStep(buffer: tf.Tensor, step: tf.Tensor, values: tf.Tensor): tf.Tensor {
  const starts = tf.concat([tf.reshape(step, [1]), tf.zeros([1], "int32")]);
  return dynamicUpdateSlice(buffer, tf.expandDims(values, 0), starts);
}

/** Builds the loop body of one segment. */
class Stepper {
  readonly #config: JanusConfig;
  readonly #params: Params;
  readonly #settings: SegmentSettings;
  readonly #inputs: DecodeInputs;
  readonly #rows: number;
  readonly #table: tf.Tensor | null;
  /** Of every position that a slot can stand for. */
  readonly #rotary: RotaryTables;
  readonly #prompts: readonly SharedPrefix[];

  constructor(config: JanusConfig, params: Params, settings: SegmentSettings, inputs: DecodeInputs) {
    this.#config = config;
    this.#params = params;
    this.#settings = settings;
    this.#inputs = inputs;
    this.#rows = inputs.uniforms.shape[1] ?? 0;
    // Computed outside the loop, so once a segment.
    const { promptBucket, end } = settings;
    this.#table = config.image.codes <= this.#rows * end ? alignedTable(params) : null;
    this.#rotary = rotaryTables(config.language, tf.range(0, promptBucket + end, 1, "int32"));
    const use = { ofRow: inputs.promptOfStream, first: inputs.streamStarts };
    this.#prompts = sharedPrompts(inputs.prompts, use);
  }

  step(state: DecodeState): DecodeState {
    const { withText } = this.#settings;
    const uniform = stepRow(this.#inputs.uniforms, state.step);
    const image = this.#drawImage(state.hidden, uniform);
    const inChain = tf.equal(state.boiStep, int(IN_CHAIN));
    const chain = withText ? this.#drawText(state, uniform) : null;
    const drawn: Sampled = chain === null ? image : this.#choose(inChain, chain, image);
    const boiNow =
      chain === null ? null : tf.logicalAnd(inChain, tf.equal(chain.ids, int(this.#settings.boi)));
    const boiStep =
      boiNow === null
        ? state.boiStep
        : tf.where(boiNow, tf.fill([this.#rows], 0, "int32").add(state.step), state.boiStep);
    const x = this.#embed(drawn.ids, withText ? inChain : null);
    const { hidden, cache } = this.#feed(state, x);
    return {
      step: tf.add(state.step, int(1)),
      hidden,
      boiStep,
      tokens: writeStep(state.tokens, state.step, drawn.ids),
      logProbs: writeStep(state.logProbs, state.step, drawn.logProbs),
      entropies:
        drawn.entropy === null ? state.entropies : writeStep(state.entropies, state.step, drawn.entropy),
      cache,
    };
  }

  #conditional(x: tf.Tensor): tf.Tensor {
    return this.#settings.guidanceScale > 1 ? tf.slice(x, [0, 0], [this.#rows, x.shape[1] ?? 0]) : x;
  }

  #options(head: "text" | "image"): DrawOptions {
    const { temperature, entropy, truncation } = this.#settings;
    return { temperature: temperature[head], entropy, truncation: truncation[head] ?? {} };
  }

  #drawImage(hidden: tf.Tensor, uniform: tf.Tensor): Draw {
    const { guidanceScale } = this.#settings;
    let logits = imageLogits(this.#params, hidden);
    if (guidanceScale > 1) {
      const [cond, uncond] = tf.split(logits, 2, 0) as [tf.Tensor, tf.Tensor];
      logits = mixGuidance(cond, uncond, guidanceScale);
    }
    return inverseCdf(logits, uniform, this.#options("image"));
  }

  #drawText(state: DecodeState, uniform: tf.Tensor): Draw {
    const { textCap, boi } = this.#settings;
    const draw = inverseCdf(
      textLogits(this.#params, this.#conditional(state.hidden)),
      uniform,
      this.#options("text"),
    );
    const sampled = tf.less(state.step, int(textCap));
    return {
      ids: tf.where(sampled, draw.ids, int(boi)),
      logProbs: tf.where(sampled, draw.logProbs, tf.scalar(0)),
      entropy: draw.entropy,
    };
  }

  #choose(inChain: tf.Tensor, chain: Draw, image: Draw): Sampled {
    const either = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.where(inChain, a, b);
    return {
      ids: either(chain.ids, image.ids),
      logProbs: either(chain.logProbs, image.logProbs),
      entropy: chain.entropy === null || image.entropy === null ? null : either(chain.entropy, image.entropy),
    };
  }

  /** Embeddings `[streams, hidden]` of the sampled ids; the twins see pads for chain tokens. */
  #embed(ids: tf.Tensor, inChain: tf.Tensor | null): tf.Tensor {
    const twins = this.#settings.guidanceScale > 1;
    const codes = inChain === null ? ids : tf.where(inChain, int(0), ids);
    const image =
      this.#table === null
        ? imageEmbedding(this.#config, this.#params, codes)
        : tf.gather(this.#table, codes as tf.Tensor1D);
    if (inChain === null) return twins ? tf.concat([image, image], 0) : image;
    const chainRows = tf.expandDims(inChain, 1);
    const own = tf.where(chainRows, textEmbedding(this.#params, tf.where(inChain, ids, int(0))), image);
    if (!twins) return own;
    const { boi, pad } = this.#settings;
    const shown = tf.where(tf.equal(ids, int(boi)), int(boi), int(pad));
    return tf.concat([own, tf.where(chainRows, textEmbedding(this.#params, shown), image)], 0);
  }

  #feed(state: DecodeState, x: tf.Tensor): { readonly hidden: tf.Tensor; readonly cache: KvCache } {
    const { language } = this.#config;
    const { promptBucket } = this.#settings;
    const starts = this.#inputs.streamStarts;
    const streams = starts.shape[0] ?? 0;
    const positions = tf.sub(tf.add(state.step, int(promptBucket)), starts) as tf.Tensor1D;
    const ofPositions = (table: tf.Tensor): tf.Tensor => tf.expandDims(tf.gather(table, positions), 1);
    const rotary = { cos: ofPositions(this.#rotary.cos), sin: ofPositions(this.#rotary.sin) };
    const attention = extendingAttention(language, state.cache, state.step, this.#prompts);
    const input = tf.reshape(x, [streams, 1, language.hidden]);
    const hidden = decoderLayers(language, this.#params, input, rotary, attention.attend);
    return { hidden: tf.reshape(hidden, [streams, language.hidden]), cache: attention.cache() };
  }
}

/**
 * Steps until `settings.end` or until every row has its image.
 *
 * @returns the state with its cache grown to `settings.end`
 */
export function decodeSegment(
  config: JanusConfig,
  params: Params,
  settings: SegmentSettings,
  inputs: DecodeInputs,
  start: DecodeState,
): DecodeState {
  const stepper = new Stepper(config, params, settings, inputs);
  return loop({
    state: { ...start, cache: growCache(start.cache, settings.end) },
    while: (state) => {
      const lastCode = tf.add(tf.max(state.boiStep), int(config.image.tokens));
      return tf.logicalAnd(tf.less(state.step, int(settings.end)), tf.lessEqual(state.step, lastCode));
    },
    body: (state) => stepper.step(state),
  });
}
