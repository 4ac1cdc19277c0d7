// What a run is called, where it lives, which model and which prompts it uses.
import { z } from "zod";
import { count, countOrZero, oneOf, positive, text } from "./quantities.js";

/** Names become parts of message subjects, so they are narrow. */
const runName = z
  .string("must be a text")
  .regex(
    /^[a-z0-9][a-z0-9_-]{0,47}$/,
    'must be 1 to 48 of a-z, 0-9, "-" and "_", starting with a letter or digit',
  );

export const runSchema = z.strictObject({
  name: runName,
  seed: countOrZero,
  /** Folder of run folders; relative to the working folder. */
  dir: text,
});

export const loraSchema = z.strictObject({
  rank: count.default(32),
  /** The update is scaled by alpha / rank. */
  alpha: positive.default(32),
  /** Last parts of the layer paths that get an adapter. */
  targets: z
    .array(text, "must be a list of layer names")
    .min(1, "must name at least one layer")
    .default(["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]),
  /** Adapts the image head, gen_head, as well. */
  imageHead: z.boolean("must be true or false").default(false),
  /** Adapts the layers that turn image codes into inputs, gen_aligner, as well. */
  imageAligner: z.boolean("must be true or false").default(false),
  /** Trains the four layout tokens' rows of the embedding and of the text head as well. */
  tokenRows: z.boolean("must be true or false").default(false),
});

/**
 * How weights that are not trained lie in memory: `bfloat16` keeps those that the checkpoint stores so as they are, in half
 * the bytes and with the same results. What is stored otherwise is float32 in memory: nothing is ever rounded.
 */
export const weightStorage = oneOf(["float32", "bfloat16"]);

/** For a section with `lora` and `weights`. */
export const frozenWeights = {
  holds: ({ lora, weights }: { readonly lora: unknown; readonly weights: string }): boolean =>
    lora !== null || weights === "float32",
  otherwise: {
    path: ["weights"],
    message:
      "must be float32 where model.lora is null: bfloat16 is for weights that stay as they are, and then every one is trained. " +
      "Set it to float32, or train an adapter with model.lora",
  },
};

export const modelSchema = z
  .strictObject({
    /** Folder of a checkpoint with its config.json. */
    checkpoint: text,
    weights: weightStorage,
    /** Null trains every weight. */
    lora: loraSchema.nullable(),
  })
  .refine(frozenWeights.holds, frozenWeights.otherwise);

export const worldSchema = z.strictObject({
  /** How many prompts of each split the run uses; splits never share a combination. */
  trainPrompts: count,
  /** Training prompts from a file of JSON lines in the place of drawn ones; null draws. */
  trainFile: text.nullable(),
  devPrompts: count,
  testPrompts: count,
});
