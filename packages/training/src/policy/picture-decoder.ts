// Rows of codes to pictures, in calls of one size so that one compiled function serves all. Draws nothing.
import { jit, type Params, tf } from "@easel/engine";
import { type JanusConfig, toLevels, vqDecode } from "@easel/janus";
import type { RgbImage } from "@easel/shapeworld";
import { levelsToImages } from "../images-to-tensor.js";

/** Decodes rows of codes. Calls must not overlap. */
export type PictureDecoder = {
  /** @param rows codes in raster order, one list a picture, of the model's length */
  decode(rows: readonly Int32Array[]): Promise<RgbImage[]>;
  dispose(): void;
};

/** Settings of {@link createPictureDecoder}. */
export type PictureDecoderOptions = {
  /** Pictures decoded in one call; the last call is filled up. */
  readonly rows: number;
  /** What the convolutions take in; `f32` unless told. */
  readonly convolution?: "f32" | "bf16";
};

/** Makes a decoder of a model's codec. */
export function createPictureDecoder(
  config: JanusConfig,
  params: Params,
  { rows: size, convolution = "f32" }: PictureDecoderOptions,
): PictureDecoder {
  const decode = jit((codes: tf.Tensor) => toLevels(vqDecode(config.vq, params, codes)), {
    name: "vq-decode",
    convolution,
  });
  const tokens = config.image.tokens;
  return {
    async decode(rows) {
      const images: RgbImage[] = [];
      for (let start = 0; start < rows.length; start += size) {
        const part = rows.slice(start, start + size);
        const codes = new Int32Array(size * tokens);
        part.forEach((row, index) => {
          codes.set(row, index * tokens);
        });
        const input = tf.tensor2d(codes, [size, tokens], "int32");
        const levels = await decode.async(input);
        images.push(...levelsToImages(await levels.data(), levels.shape).slice(0, part.length));
        tf.dispose([input, levels]);
      }
      return images;
    },
    dispose: () => decode.dispose(),
  };
}
