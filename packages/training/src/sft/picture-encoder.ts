// Pictures in memory to image codes, in calls of one size. Files and caches are elsewhere.
import { fromTensor, type HostTensor, jit, type Params, tf, weight } from "@easel/engine";
import { digestOf, type JanusConfig, vqEncode, vqLayout } from "@easel/janus";
import type { RgbImage } from "@easel/shapeworld";
import { imagesToTensor } from "../images-to-tensor.js";

/** Pictures of one call are bounded in number and in pixels: activations of a level hold them all at full size. */
const mostPictures = 64;
const mostPixels = 1 << 19;

/** Encodes pictures. */
export type PictureEncoder = {
  /** Pictures that go into one call; the last call of a list is filled up so that one trace serves all. */
  readonly batch: number;
  /** Codes in raster order of each picture, `[tokens]` values a picture. */
  encode(images: readonly RgbImage[]): Promise<Int32Array[]>;
  dispose(): void;
};

/** An encoder with the codec of a model. */
export function createPictureEncoder(
  config: Pick<JanusConfig, "vq">,
  codec: Params,
  side: number,
): PictureEncoder {
  const batch = Math.min(mostPictures, Math.max(1, Math.floor(mostPixels / (side * side))));
  const run = jit((images: tf.Tensor) => vqEncode(config.vq, codec, images), { name: "vq-encode" });
  return {
    batch,
    async encode(images) {
      const codes: Int32Array[] = [];
      for (let start = 0; start < images.length; start += batch) {
        const part = images.slice(start, start + batch);
        const real = part.length;
        const [first] = part;
        while (part.length < batch && first !== undefined) part.push(first);
        const input = imagesToTensor(part);
        const encoded = await run.async(input);
        const values = (await encoded.data()) as Int32Array;
        const tokens = encoded.shape[1] ?? 0;
        for (let row = 0; row < real; row++) codes.push(values.slice(row * tokens, (row + 1) * tokens));
        tf.dispose([input, encoded]);
      }
      return codes;
    },
    dispose: () => run.dispose(),
  };
}

/** Identity of what encodes: weights of the encoder, the codebook, and the sizes that no weight shows. */
export async function codecDigest({ vq }: Pick<JanusConfig, "vq">, params: Params): Promise<string> {
  const layout = vqLayout(vq);
  const held = new Map<string, HostTensor>();
  for (const name of [...layout.encoder.keys(), ...layout.codebook.keys()]) {
    held.set(name, await fromTensor(weight(params, name)));
  }
  return `${digestOf(held)}/${vq.normGroups}/${vq.attention}`;
}
