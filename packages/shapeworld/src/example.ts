// SFT examples: prompt, chain and picture, with label noise on request. Only ever from the train part of the split.
import { writeChain } from "./chain-writer.js";
import { drawPrompt, type PromptOptions, type Redraws, sceneOf } from "./draw-prompt.js";
import { ShapeworldError } from "./errors.js";
import { type LabelNoise, NO_NOISE } from "./label-noise.js";
import { type Perturbation, perturb } from "./perturb.js";
import type { PromptSpec } from "./prompt-spec.js";
import type { Random } from "./random.js";
import type { Scene } from "./scene.js";

/** One example to imitate. */
export type Example = {
  readonly prompt: PromptSpec;
  /** What the picture shows: render this one. */
  readonly scene: Scene;
  /** The chain as text, ending with `<begin_of_image>`. */
  readonly chain: string;
  /** A scene that obeys the prompt exactly; equal to `scene` when nothing was perturbed. */
  readonly truth: Scene;
  /** What the noise changed; empty for an exact example. */
  readonly perturbed: readonly Perturbation[];
};

/** An example and how often its prompt was drawn anew. */
export type SampledExample = Example & { readonly redraws: Redraws };

/** Draws a prompt of the train part and an example for it. */
export function sampleExample(
  random: Random,
  noise: LabelNoise = NO_NOISE,
  options: PromptOptions = {},
): SampledExample {
  const { prompt, scene, redraws } = drawPrompt(random, "train", options);
  return { ...exampleFor(prompt, scene, random, noise), redraws };
}

/**
 * One example for each of the prompts, in order.
 *
 * @throws ShapeworldError `EASEL_SHAPEWORLD_HELD_OUT_PROMPT` for a prompt of dev or test.
 */
export function* examplesOf(
  prompts: Iterable<PromptSpec>,
  random: Random,
  noise: LabelNoise = NO_NOISE,
): Generator<Example> {
  for (const prompt of prompts) {
    if (prompt.split !== "train") {
      throw new ShapeworldError(
        "EASEL_SHAPEWORLD_HELD_OUT_PROMPT",
        `"${prompt.text}" belongs to ${prompt.split} and must not be trained on: take prompts of the train split`,
      );
    }
    yield exampleFor(prompt, sceneOf(random, prompt), random, noise);
  }
}

function exampleFor(prompt: PromptSpec, truth: Scene, random: Random, noise: LabelNoise): Example {
  const { plan, stated, picture, perturbed } = perturb(random, prompt, truth, noise);
  return { prompt, scene: picture, chain: writeChain(plan, stated), truth, perturbed };
}
