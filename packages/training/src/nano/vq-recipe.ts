// The settings file of `easel vq`, checked. What the settings mean is said where they are used, in vq/.
import type { VqConfig } from "@easel/janus";
import { z } from "zod";
import type { VqTraining } from "../vq/vq-trainer.js";

const count = z.number().int().positive();
const share = z.number().min(0).max(1);

/** What `configs/nano-vq.yaml` holds. */
export const vqRecipeSchema = z.strictObject({
  seed: z.number().int().nonnegative(),
  /** Sizes of the codec, see VqConfig. */
  codec: z.strictObject({
    channels: count,
    multipliers: z.array(count).min(1),
    resBlocks: count,
    latentChannels: count,
    codes: count,
    codeWidth: count,
    normGroups: count,
    attention: z.enum(["lowest-and-mid", "none"]),
  }),
  training: z.strictObject({
    steps: count,
    batch: count,
    learningRate: z.number().positive(),
    warmupSteps: z.number().int().nonnegative(),
    floor: share,
    drawnWeight: z.number().min(1),
    commitment: z.number().nonnegative(),
    decay: share,
    maxGradientNorm: z.number().positive(),
    replaceEvery: count,
    replaceUntil: share,
  }),
  /** True pictures in the closing measurement. */
  qualityPictures: count,
});

/** A checked settings file. */
export type VqRecipe = z.infer<typeof vqRecipeSchema>;

/** The codec and its training, as the trainer takes them. */
export function compileVqRecipe(recipe: VqRecipe): {
  readonly codec: VqConfig;
  readonly training: VqTraining;
} {
  return { codec: recipe.codec, training: { ...recipe.training, seed: recipe.seed } };
}
