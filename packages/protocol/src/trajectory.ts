// What a rollout worker made: the samples of one slice, with the log-probs and weights they were sampled under.
// Pictures are not in it, only their digests; the picture is stored as a blob before this message exists.
import { z } from "zod";
import { type Digest, digestSchema } from "./digest.js";
import { groupIdSchema } from "./group-id.js";
import { nameSchema } from "./names.js";
import { type Sampling, samplingSchema } from "./sampling.js";
import { atMsSchema, countSchema, finiteSchema, positiveCountSchema } from "./scalars.js";
import { float32ListSchema, int32ListSchema } from "./token-list.js";

/** Tokens `from` (included) to `to` (excluded) of a sample were drawn from the weights with this digest. */
export type WeightsSpan = { readonly digest: Digest; readonly from: number; readonly to: number };

export type Sample = {
  /** Position in the group, inside the slice's range. */
  readonly index: number;
  /** Sampled text tokens, begin-of-image last. `[chain]` */
  readonly chainIds: Int32Array;
  readonly chainText: string;
  /** True when begin-of-image was put there by the text cap: it was not sampled, and no loss may see it. */
  readonly forcedBoi: boolean;
  /** Codebook indices in raster order. `[image]` */
  readonly imageCodes: Int32Array;
  /** Behaviour log-probs as the sampler recorded them, chain then image. `[chain + image]`, at most 0 but for rounding. */
  readonly logProbs: Float32Array;
  /** Cover every token of `logProbs` in order. */
  readonly weights: readonly WeightsSpan[];
  readonly imageDigest: Digest;
  /** Size of the stored picture in bytes. */
  readonly imageBytes: number;
};

/** When things happened on the worker (Unix ms), and how long named parts took (ms). */
export type SliceTimings = {
  readonly receivedAtMs: number;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly spansMs: Readonly<Record<string, number>>;
};

export type Trajectory = {
  readonly run: string;
  readonly group: string;
  readonly slice: number;
  /** Names one try of one worker; how a worker recognises its own message after an unclear publish. */
  readonly attempt: string;
  readonly worker: string;
  /** Engine fingerprint: samples are bit-equal only under an equal one. */
  readonly fingerprint: string;
  /** Prompt tokens shared by all samples. `[prompt]` */
  readonly promptIds: Int32Array;
  readonly samples: readonly Sample[];
  readonly sampling: Sampling;
  readonly timings: SliceTimings;
};

/** fp32 softmax can round a certain token's log-prob a little above 0; more than this is a fault. */
const LOG_PROB_SLACK = 1e-3;

const spanSchema: z.ZodType<WeightsSpan> = z.strictObject({
  digest: digestSchema,
  from: countSchema,
  to: countSchema,
});

const sampleSchema: z.ZodType<Sample> = z
  .strictObject({
    index: countSchema,
    chainIds: int32ListSchema({ minLength: 1, least: 0 }),
    chainText: z.string(),
    forcedBoi: z.boolean(),
    imageCodes: int32ListSchema({ minLength: 1, least: 0 }),
    logProbs: float32ListSchema({ minLength: 1, most: LOG_PROB_SLACK }),
    weights: z.array(spanSchema).min(1),
    imageDigest: digestSchema,
    imageBytes: positiveCountSchema,
  })
  .refine((sample) => sample.logProbs.length === sample.chainIds.length + sample.imageCodes.length, {
    path: ["logProbs"],
    message: "must have one log-prob for each chain token and each image token",
  })
  .refine((sample) => spansCover(sample.weights, sample.logProbs.length), {
    path: ["weights"],
    message: "must cover every token exactly once, in order",
  });

const timingsSchema: z.ZodType<SliceTimings> = z.strictObject({
  receivedAtMs: atMsSchema,
  startedAtMs: atMsSchema,
  finishedAtMs: atMsSchema,
  spansMs: z.record(z.string(), finiteSchema),
});

export const trajectorySchema: z.ZodType<Trajectory> = z
  .strictObject({
    run: nameSchema,
    group: groupIdSchema,
    slice: countSchema,
    attempt: z.string().min(1).max(64),
    worker: z.string().min(1).max(128),
    fingerprint: z.string().min(1).max(256),
    promptIds: int32ListSchema({ minLength: 1, least: 0 }),
    samples: z.array(sampleSchema).min(1),
    sampling: samplingSchema,
    timings: timingsSchema,
  })
  .refine(
    (slice) => slice.samples.every((sample, i) => sample.index === (slice.samples[0]?.index ?? 0) + i),
    {
      path: ["samples"],
      message: "must be in the order of their index, without gaps",
    },
  );

function spansCover(spans: readonly WeightsSpan[], length: number): boolean {
  let next = 0;
  for (const span of spans) {
    if (span.from !== next || span.to <= span.from) return false;
    next = span.to;
  }
  return next === length;
}
