// The settings file of `easel sft` on shapeworld, checked: sizes of a new decoder, and stages of examples and steps.
import { z } from "zod";

const count = z.number().int().positive();
const share = z.number().min(0).max(1);
const rate = z.number().nonnegative();

const stageSchema = z.strictObject({
  /** Different examples; they are drawn once and encoded once. */
  examples: count,
  /** Label noise, see shapeworld's LabelNoise; what is left out is 0. */
  noise: z.strictObject({
    attribute: share.default(0),
    relationIgnored: share.default(0),
    relationMisstated: share.default(0),
    invertedMislabelled: share.default(0),
    count: share.default(0),
    shift: share.default(0),
  }),
  steps: count,
  batch: count,
  warmupSteps: z.number().int().nonnegative(),
  floor: share,
  muonRate: rate,
  adamRate: rate,
  weightDecay: rate,
  maxGradientNorm: z.number().positive(),
  matmul: z.enum(["f32", "bf16"]),
  conditionDropout: share,
  parts: z.strictObject({ chain: rate, boi: rate, image: rate }),
});

/** What `configs/nano-sft.yaml` holds. */
export const sftRecipeSchema = z.strictObject({
  seed: z.number().int().nonnegative(),
  /** `{caption}` stands for the prompt. */
  promptTemplate: z.string().includes("{caption}"),
  decoder: z.strictObject({
    hidden: count,
    layers: count,
    heads: count,
    intermediate: count,
    ropeTheta: z.number().positive(),
    rmsEps: z.number().positive(),
  }),
  stages: z.array(stageSchema).min(1),
});

/** A checked settings file. */
export type SftRecipe = z.infer<typeof sftRecipeSchema>;
/** One stage of it. */
export type SftStage = SftRecipe["stages"][number];
