// Pictures through the codec and back, in calls of one size so that one trace serves all.
import { jit, type Params, tf } from "@easel/engine";
import { toLevels, type VqConfig, vqDecode, vqEncode } from "@easel/janus";
import type { RgbImage } from "@easel/shapeworld";
import { imagesToTensor, levelsToImages } from "../images-to-tensor.js";

/** Pictures of one call; the last call is filled up. */
const rowsPerCall = 32;

/** What the codec makes of each picture, in order. */
export async function roundTrip(
  config: VqConfig,
  params: Params,
  pictures: readonly RgbImage[],
): Promise<RgbImage[]> {
  const run = jit(
    (images: tf.Tensor) => toLevels(vqDecode(config, params, vqEncode(config, params, images))),
    {
      name: "codec-round-trip",
    },
  );
  const decoded: RgbImage[] = [];
  for (let start = 0; start < pictures.length; start += rowsPerCall) {
    const part = pictures.slice(start, start + rowsPerCall);
    const real = part.length;
    const [first] = part;
    while (part.length < rowsPerCall && first !== undefined) part.push(first);
    const images = imagesToTensor(part);
    const levels = await run.async(images);
    decoded.push(...levelsToImages(await levels.data(), levels.shape).slice(0, real));
    tf.dispose([images, levels]);
  }
  run.dispose();
  return decoded;
}
