// The ceiling: what the rewards say of a true plan whose true picture went through the codec. No policy can be expected
// to score above it on average.
import { jit, tf } from "@easel/engine";
import { type JanusModel, toLevels, vqDecode, vqEncode } from "@easel/janus";
import { scoreShapeworld } from "@easel/rewards";
import { type PromptSpec, type Random, renderScene, sceneOf, writeChain } from "@easel/shapeworld";
import { imagesToTensor, levelsToImages } from "../images-to-tensor.js";
import type { EvaluatedSample } from "./evaluate.js";

/** Pictures sent through the codec in one call; the last call is filled up so that one trace serves all. */
const rowsPerCall = 32;

/** One true sample for each prompt, through the codec of `model`. */
export async function ceilingSamples(
  model: JanusModel,
  prompts: readonly PromptSpec[],
  random: Random,
): Promise<EvaluatedSample[]> {
  const { config, params } = model;
  const roundTrip = jit(
    (images: tf.Tensor) => toLevels(vqDecode(config.vq, params, vqEncode(config.vq, params, images))),
    { name: "ceiling" },
  );
  const scenes = prompts.map((prompt) => sceneOf(random, prompt));
  const samples: EvaluatedSample[] = [];
  for (let start = 0; start < prompts.length; start += rowsPerCall) {
    const part = scenes.slice(start, start + rowsPerCall).map(renderScene);
    const real = part.length;
    const [first] = part;
    while (part.length < rowsPerCall && first !== undefined) part.push(first);
    const images = imagesToTensor(part);
    const levels = await roundTrip.async(images);
    const decoded = levelsToImages(await levels.data(), levels.shape).slice(0, real);
    tf.dispose([images, levels]);
    decoded.forEach((image, offset) => {
      const promptIndex = start + offset;
      const [prompt, scene] = [prompts[promptIndex], scenes[promptIndex]];
      if (prompt === undefined || scene === undefined) return;
      const chainText = writeChain(scene, prompt.relations);
      const sample = { prompt, chainText, forcedBoi: false, image };
      samples.push({ ...sample, promptIndex, score: scoreShapeworld(sample) });
    });
  }
  roundTrip.dispose();
  return samples;
}
