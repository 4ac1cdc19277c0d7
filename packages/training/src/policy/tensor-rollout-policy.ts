// The sampling policy on tensors: guided sampling, picture decoding, PNG files. Which tasks to draw for, and what
// becomes of the samples, is the rollout worker's.
import {
  createSampler,
  type HeadTruncation,
  type JanusModel,
  picturesPerCall,
  type SampledSequence,
  type Sampler,
  uniformFor,
} from "@easel/janus";
import { encodePng, type RgbImage } from "@easel/shapeworld";
import { createPictureDecoder } from "./picture-decoder.js";
import { importPolicy } from "./policy-state.js";
import type { TrainablePolicy } from "./trainable-policy.js";
import type { RolloutPolicy, RolloutRequest, RolloutSample, RolloutSampling } from "./types.js";

/** Settings beside the model. */
export type TensorRolloutOptions = {
  /** Rows sampled in lock-step; more requests are drawn in several batches. */
  readonly maxRows: number;
  readonly promptBuckets: readonly number[];
  readonly fingerprint: string;
  /** Different prompts of one batch to be ready for. */
  readonly distinctPrompts: number;
  readonly sampling: RolloutSampling;
  /** What the picture decoder's convolutions take in; `f32` unless told. Tokens and log-probs do not depend on it. */
  readonly convolution?: "f32" | "bf16";
};

/** Samples of a batch with their decoded pictures. */
export type DrawnSample = SampledSequence & {
  readonly promptIds: readonly number[];
  readonly chainText: string;
  readonly image: RgbImage;
};

/** Draws samples and decodes their pictures; what the rollout worker and evaluation share. */
export type Drawing = {
  draw(requests: readonly RolloutRequest[], signal?: AbortSignal): Promise<DrawnSample[]>;
  warmUp(): Promise<void>;
  dispose(): void;
};

/** Settings of a drawing. Rollouts for training have no truncation: see docs/engine.md. */
export type DrawingOptions = Omit<TensorRolloutOptions, "fingerprint"> & {
  readonly truncation?: HeadTruncation;
};

/** Makes a drawing function of a model; `params` may carry adapters. */
export function createDrawing(model: JanusModel, options: DrawingOptions): Drawing {
  const { config, params, tokenizer } = model;
  const sampler: Sampler = createSampler(model, {
    maxRows: options.maxRows,
    promptBuckets: options.promptBuckets,
    textCap: options.sampling.textCap,
    guidanceScale: options.sampling.guidanceScale,
    temperature: options.sampling.temperature,
    truncation: options.truncation ?? {},
  });
  const decoder = createPictureDecoder(config, params, {
    rows: picturesPerCall(config),
    convolution: options.convolution ?? "f32",
  });

  async function drawPart(requests: readonly RolloutRequest[], signal?: AbortSignal): Promise<DrawnSample[]> {
    const prompts = requests.map((request) => tokenizer.encodePrompt(request.promptText));
    const drawn = await sampler.sample(
      requests.map((request, index) => ({
        promptIds: prompts[index] ?? [],
        uniform: (position) =>
          uniformFor({
            seed: request.seed,
            group: request.issue,
            sample: request.sampleIndex,
            position,
          }),
      })),
      signal,
    );
    const images = await decoder.decode(drawn.map((sample) => sample.imageCodes));
    return drawn.map((sample, index) => ({
      ...sample,
      promptIds: prompts[index] ?? [],
      chainText: tokenizer.decode([...sample.chainIds]),
      image: images[index] as RgbImage,
    }));
  }

  return {
    async draw(requests, signal) {
      const samples: DrawnSample[] = [];
      for (let start = 0; start < requests.length; start += options.maxRows) {
        samples.push(...(await drawPart(requests.slice(start, start + options.maxRows), signal)));
      }
      return samples;
    },
    async warmUp() {
      await sampler.warmUp(options.distinctPrompts);
      await decoder.decode([new Int32Array(config.image.tokens)]);
    },
    dispose() {
      sampler.dispose();
      decoder.dispose();
    },
  };
}

/** The rollout worker's policy over a model whose weights, or adapter, are variables. Calls must not overlap. */
export function createTensorRolloutPolicy(
  model: JanusModel,
  policy: TrainablePolicy,
  options: TensorRolloutOptions,
): RolloutPolicy {
  const drawing = createDrawing({ ...model, params: policy.params }, options);
  return {
    fingerprint: options.fingerprint,
    async load(weights) {
      importPolicy(policy.trained, weights);
    },
    warmUp: () => drawing.warmUp(),
    async generate(requests, _sampling, signal): Promise<readonly RolloutSample[]> {
      const drawn = await drawing.draw(requests, signal);
      return drawn.map((sample) => ({
        promptIds: Int32Array.from(sample.promptIds),
        chainIds: sample.chainIds,
        chainText: sample.chainText,
        forcedBoi: sample.forcedBoi,
        imageCodes: sample.imageCodes,
        logProbs: sample.logProbs,
        png: encodePng(sample.image),
      }));
    },
  };
}
