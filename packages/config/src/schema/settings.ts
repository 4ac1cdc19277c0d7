// The whole of what a user may set, in the user's form: durations and sizes are texts. Not the compiled configuration.
import { z } from "zod";
import { evaluationSchema, learnerSchema } from "./learner.js";
import { busSchema, engineSchema } from "./machinery.js";
import { modelSchema, runSchema, worldSchema } from "./run.js";
import { grpoSchema, rewardsSchema, rolloutSchema } from "./sampling.js";

export const settingsSchema = z.strictObject({
  run: runSchema,
  model: modelSchema,
  world: worldSchema,
  rollout: rolloutSchema,
  rewards: rewardsSchema,
  grpo: grpoSchema,
  learner: learnerSchema,
  evaluation: evaluationSchema,
  bus: busSchema,
  engine: engineSchema,
});

/** Every setting, in the user's form. */
export type Settings = z.infer<typeof settingsSchema>;

/** The names of the settings of each section, for finding what a mistyped one meant. */
export const knownNames: Readonly<Record<string, readonly string[]>> = {
  "": Object.keys(settingsSchema.shape),
  ...Object.fromEntries(
    Object.entries(settingsSchema.shape).map(([section, schema]) => [section, Object.keys(schema.shape)]),
  ),
  "model.lora": Object.keys(modelSchema.shape.lora.unwrap().shape),
};
