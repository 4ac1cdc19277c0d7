// The sizes of the benchmark's decoders. The smallest is the model that Easel ships.
import { fileURLToPath } from "node:url";

/** The shipped checkpoint: about 1 M parameters in the decoder and its image parts. */
export const nanoFolder = fileURLToPath(new URL("../../assets/janus-nano", import.meta.url));

/** Decoders that are made with random weights; `codec` is taken from the shipped model but for its number of codes. */
export const madeSizes = {
  "10m": {
    hidden: 320,
    layers: 7,
    heads: 5,
    intermediate: 864,
    vocabulary: 1024,
    codes: 1024,
    gridSide: 12,
  },
  "100m": {
    hidden: 768,
    layers: 12,
    heads: 12,
    intermediate: 2048,
    vocabulary: 8192,
    codes: 4096,
    gridSide: 8,
  },
};

/** The `JanusConfig` of a made size, over the shipped model's. */
export function configOf(size, nano) {
  const { hidden, layers, heads, intermediate, vocabulary, codes, gridSide } = madeSizes[size];
  const language = {
    ...nano.language,
    ...{ hidden, layers, heads, kvHeads: heads, headDim: hidden / heads, intermediate, vocabulary },
    ropeTheta: 10_000,
  };
  const imageSize = gridSide * 2 ** (nano.vq.multipliers.length - 1);
  const tokens = gridSide * gridSide;
  const image = { ...nano.image, codes, tokens, gridSide, imageSize, headWidth: hidden };
  return { language, image, vq: { ...nano.vq, codes } };
}
