// The ceiling: what the rewards say of a true plan whose true picture went through the codec. No policy can be expected
// to score above it on average.
import type { JanusModel } from "@easel/janus";
import { scoreShapeworld } from "@easel/rewards";
import { type PromptSpec, type Random, renderScene, sceneOf, writeChain } from "@easel/shapeworld";
import { roundTrip } from "../vq/round-trip.js";
import type { EvaluatedSample } from "./evaluate.js";

/** One true sample for each prompt, through the codec of `model`. */
export async function ceilingSamples(
  model: JanusModel,
  prompts: readonly PromptSpec[],
  random: Random,
): Promise<EvaluatedSample[]> {
  const scenes = prompts.map((prompt) => sceneOf(random, prompt));
  const decoded = await roundTrip(model.config.vq, model.params, scenes.map(renderScene));
  return prompts.flatMap((prompt, promptIndex) => {
    const [scene, image] = [scenes[promptIndex], decoded[promptIndex]];
    if (scene === undefined || image === undefined) return [];
    const sample = { prompt, chainText: writeChain(scene, prompt.relations), forcedBoi: false, image };
    return [{ ...sample, promptIndex, score: scoreShapeworld(sample) }];
  });
}
