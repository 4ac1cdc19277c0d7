// What the sampler takes and gives. Plain values; no tensors cross this border but the model's weights.
import type { Params } from "@easel/engine";
import type { JanusConfig } from "../config.js";
import type { HeadTruncation } from "../log-probs/truncation.js";

/** The parts of a model that sampling needs. `params` may be replaced between calls: see {@link Sampler.sample}. */
export type SamplerModel = {
  readonly config: JanusConfig;
  readonly params: Params;
  readonly tokenizer: { readonly ids: { readonly beginImage: number; readonly pad: number } };
};

/** A softmax temperature for each head: chain tokens are drawn at `text`, image tokens at `image`. */
export type HeadTemperature = { readonly text: number; readonly image: number };

/** Settings of {@link createSampler}. */
export type SamplerOptions = {
  /** Rows computed in lock-step; fewer requests leave rows idle. */
  readonly maxRows: number;
  /** Prompt lengths, in tokens, that prompts are left-padded to; the smallest that fits all prompts is used. */
  readonly promptBuckets: readonly number[];
  /** Chain tokens sampled before begin-of-image is appended by force. */
  readonly textCap: number;
  /** Guidance scale on image tokens; acts above 1. 1 when left out. */
  readonly guidanceScale?: number;
  /** Softmax temperature of both heads, or of each. 0 takes the likeliest token and records log-probs at temperature 1. 1 when left out. */
  readonly temperature?: number | HeadTemperature;
  /**
   * Top-k and top-p of each head; all tokens when left out. Log-probs are those of the truncated distribution. At
   * temperature 0 it changes nothing.
   */
  readonly truncation?: HeadTruncation;
  /** Steps of the first, second, ... compiled segment; the last entry repeats. [64] when left out. */
  readonly segmentLengths?: readonly number[];
  /** Also returns the mean entropy of each part. false when left out. */
  readonly entropy?: boolean;
  /** How the decoding segments are compiled; `xla` when left out. */
  readonly compile?: "graph" | "xla";
};

/** One sample to draw. Rows with equal prompts share one pass over the prompt. */
export type SampleRequest = {
  /** BOS first. */
  readonly promptIds: readonly number[];
  /** One uniform number in [0,1) for each position after the prompt; must be a pure function of the position. */
  readonly uniform: (position: number) => number;
};

/** One drawn sequence. */
export type SampledSequence = {
  /** Chain with begin-of-image as its last id. */
  readonly chainIds: Int32Array;
  /** True when begin-of-image was appended at the cap: it was not sampled, and its log-prob reads 0. */
  readonly forcedBoi: boolean;
  readonly imageCodes: Int32Array;
  /** `[chain + image]` log-probs in nats under the distribution sampled from (temperature, guidance and truncation included). */
  readonly logProbs: Float32Array;
  /** Mean entropy in nats over sampled chain tokens. */
  readonly textEntropy?: number;
  /** Mean entropy in nats over image tokens. */
  readonly imageEntropy?: number;
};

/** Draws sequences from a model. One call at a time. */
export type Sampler = {
  /**
   * Draws one sequence a request, in the order of the requests.
   *
   * Reads `model.params` at the call, so that new weights of equal shapes need no new trace. Control returns to the
   * event loop between segments, where `signal` is looked at.
   *
   * @throws JanusError `EASEL_JANUS_TOO_MANY_ROWS`, `EASEL_JANUS_PROMPT_TOO_LONG`; the signal's reason when aborted
   */
  sample(requests: readonly SampleRequest[], signal?: AbortSignal): Promise<SampledSequence[]>;
  /** Traces and compiles every shape that {@link Sampler.sample} can meet with up to `distinctPrompts` prompts. */
  warmUp(distinctPrompts: number): Promise<void>;
  /** Frees the compiled functions. */
  dispose(): void;
};
