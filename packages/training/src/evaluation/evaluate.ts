// Draws samples for a set of shapeworld prompts and scores them: one model, one setting, fixed seeds. Comparing two
// models is compare.ts.
import { type ShapeworldScore, scoreShapeworld } from "@easel/rewards";
import type { PromptSpec, RgbImage } from "@easel/shapeworld";
import type { Drawing } from "../policy/tensor-rollout-policy.js";

/** One drawn and scored sample. */
export type EvaluatedSample = {
  readonly prompt: PromptSpec;
  /** Index of the prompt in the set. */
  readonly promptIndex: number;
  readonly chainText: string;
  readonly forcedBoi: boolean;
  readonly image: RgbImage;
  readonly score: ShapeworldScore;
};

/** How to draw. */
export type EvaluationOptions = {
  readonly samplesPerPrompt: number;
  /** Draws are a function of this seed, the prompt's index and the sample's index. */
  readonly seed: number;
};

/**
 * Draws and scores, prompt by prompt in order.
 *
 * @returns `prompts.length * samplesPerPrompt` samples, those of one prompt together
 */
export async function evaluate(
  drawing: Drawing,
  prompts: readonly PromptSpec[],
  options: EvaluationOptions,
  signal?: AbortSignal,
): Promise<EvaluatedSample[]> {
  const requests = prompts.flatMap((prompt, promptIndex) =>
    Array.from({ length: options.samplesPerPrompt }, (_, sampleIndex) => ({
      prompt,
      promptIndex,
      promptText: prompt.text,
      issue: promptIndex,
      sampleIndex,
      seed: options.seed,
    })),
  );
  const drawn = await drawing.draw(requests, signal);
  return drawn.flatMap(({ chainText, forcedBoi, image }, index) => {
    const request = requests[index];
    if (request === undefined) return [];
    const { prompt, promptIndex } = request;
    const score = scoreShapeworld({ prompt, chainText, forcedBoi, image });
    return [{ prompt, promptIndex, chainText, forcedBoi, image, score }];
  });
}
