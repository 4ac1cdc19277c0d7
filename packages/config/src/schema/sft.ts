// The settings of `easel sft` on real pictures, in the user's form: sizes are texts. Shapeworld's own are elsewhere.
import { z } from "zod";
import {
  below1,
  count,
  countOrZero,
  flag,
  fraction,
  notNegative,
  oneOf,
  positive,
  size,
  text,
} from "./quantities.js";
import { frozenWeights, loraSchema, weightStorage } from "./run.js";

/** The paper trains with LoRA in both phases; the image parts are our option. */
const sftLoraSchema = loraSchema.extend({
  /** Adapts gen_head, which turns states into image codes. */
  imageHead: flag.default(false),
  /** Adapts gen_aligner, which turns image codes into inputs. */
  imageAligner: flag.default(false),
  /** Also trains the rows of the four layout tokens in the embedding and in lm_head. They start untrained. */
  tokenRows: flag.default(true),
  /** Share of what the adapter's pairs read that is left out in training, PEFT's lora_dropout. */
  dropout: below1.default(0),
});

const modelSchema = z
  .strictObject({
    /** Folder of the checkpoint to start from: any Janus model. */
    checkpoint: text,
    weights: weightStorage,
    /** Adds GoT-R1's four tokens to the tokenizer of a plain Janus model; without it such a tokenizer is refused. */
    addLayoutTokens: flag,
    /** Pixels per side, where the checkpoint's config leaves it out and it is not 384. */
    imageSize: count.nullable(),
    /** Null trains every weight but the picture codec. */
    lora: sftLoraSchema.nullable(),
  })
  .refine(frozenWeights.holds, frozenWeights.otherwise);

const dataSchema = z.strictObject({
  /** JSON lines as `easel data prepare` writes them; pictures lie below the file's folder. */
  file: text,
  /** Examples that are not trained on, in a file of their own. Null takes `devShare` of the first file. */
  devFile: text.nullable(),
  /** Share of the examples that is held out, chosen by a hash of the prompt; equal prompts stay together. */
  devShare: fraction,
  /** Most held-out examples that are measured. */
  devRows: countOrZero,
  /** More refused examples than this share end the command. */
  refusedShare: fraction,
  /** Folder of the cache of image codes. */
  cache: text,
  /** Longest chain in tokens, begin-of-image included; longer ones are refused. */
  maxChainTokens: count,
  /** Longest rendered prompt in tokens. */
  maxPromptTokens: count,
});

const imagesSchema = z.strictObject({
  /** How a picture becomes a square; its boxes are moved with it. */
  policy: oneOf(["centre-crop", "square-resize", "pad"]),
  /** Share of a box's area that must be shown after cropping for the box to stay. */
  keepBox: fraction,
  /** `unmark` keeps the name of a lost box as a plain word, `refuse` leaves the example out. */
  lostBox: oneOf(["unmark", "refuse"]),
  /** Larger pictures are refused. */
  maxPixels: count,
  /** Larger files are refused. */
  maxFileSize: size,
});

const laterStageSchema = z.strictObject({
  steps: count,
  /** Peak rate of AdamW; Muon's changes in the same proportion. */
  learningRate: positive,
  warmupSteps: countOrZero,
  floor: fraction,
});

const trainingSchema = z.strictObject({
  /** Updates; of the first stage, where others follow. */
  steps: count,
  /** Examples of an update. */
  batch: count,
  /** Examples computed at a time; an update adds up as many passes as it needs. Bounds memory. */
  rowsPerPass: count,
  /** Peak rate of AdamW, after warm-up. */
  learningRate: positive,
  /** Peak rate of Muon for matrices of the blocks; 0 leaves them to AdamW. */
  muonRate: notNegative,
  warmupSteps: countOrZero,
  /** The cosine ends at this fraction of the rate; 1 keeps the rate. */
  floor: fraction,
  /** Stages that follow with rates of their own, on the same data and with the same moments. */
  laterStages: z.array(laterStageSchema, "must be a list of stages"),
  beta1: below1,
  beta2: below1,
  epsilon: positive,
  /** On matrices; norms and biases never decay. */
  weightDecay: notNegative,
  /** Largest global norm of a gradient. */
  gradClip: positive,
  /** How AdamW's moments are kept. */
  moments: oneOf(["f32", "8bit"]),
  matmul: oneOf(["f32", "bf16"]),
  /** Activation checkpointing by layer: less memory for one more forward pass. */
  recompute: flag,
  /** Share of examples whose prompt and chain are replaced by pads; their loss is on image tokens only. */
  conditionDropout: fraction,
  /**
   * Weight of one token of each part in the loss; 0 leaves a part out. Without begin-of-image the model never learns to end a
   * chain.
   */
  parts: z.strictObject({ chain: notNegative, boi: notNegative, image: notNegative }),
  /** Updates between lines of the log. */
  reportEvery: count,
  /** Updates between measurements on held-out examples; 0 for none. */
  devEvery: countOrZero,
  /** Updates between saved states; 0 for the last only. */
  saveEvery: countOrZero,
});

const samplesSchema = z.strictObject({
  /** Updates between sample pictures; 0 for none. */
  every: countOrZero,
  /** Prompts to draw; when empty, the first `count` held-out ones. */
  prompts: z.array(text, "must be a list of texts"),
  count,
  guidance: z.number("must be a number of at least 1").min(1, "must be at least 1"),
  temperature: notNegative,
  /** Longest chain in tokens. */
  textCap: count,
});

export const sftSchema = z.strictObject({
  seed: countOrZero,
  model: modelSchema,
  data: dataSchema,
  images: imagesSchema,
  training: trainingSchema,
  samples: samplesSchema,
});

/** Every setting of `easel sft` on real pictures, in the user's form. */
export type SftSettings = z.infer<typeof sftSchema>;

/** The names of the settings of each section. */
export const sftNames: Readonly<Record<string, readonly string[]>> = {
  "": Object.keys(sftSchema.shape),
  ...Object.fromEntries(
    Object.entries(sftSchema.shape).flatMap(([section, schema]) =>
      "shape" in schema ? [[section, Object.keys(schema.shape)]] : [],
    ),
  ),
  "model.lora": Object.keys(sftLoraSchema.shape),
  "training.laterStages": Object.keys(laterStageSchema.shape),
  "training.parts": ["chain", "boi", "image"],
};
