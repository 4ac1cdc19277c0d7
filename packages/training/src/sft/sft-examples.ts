// Shapeworld examples as sequences the decoder is trained on: prompt, chain and image codes. The codec that makes the
// codes is given; it is not trained here.
import { jit, type Params, tf } from "@easel/engine";
import { type JanusTokenizer, type SequenceRow, type VqConfig, vqEncode } from "@easel/janus";
import { type Example, renderScene } from "@easel/shapeworld";
import { imagesToTensor } from "../images-to-tensor.js";

/** How many pictures are encoded in one call; the last call is filled up so that one trace serves all. */
const encodeBatch = 64;

/** Encodes the pictures of examples to raster-order codes, in order. */
async function encodeScenes(
  config: VqConfig,
  codec: Params,
  examples: readonly Example[],
): Promise<Int32Array[]> {
  const encode = jit((images: tf.Tensor) => vqEncode(config, codec, images), { name: "vq-encode" });
  const codes: Int32Array[] = [];
  for (let start = 0; start < examples.length; start += encodeBatch) {
    const part = examples.slice(start, start + encodeBatch).map((example) => renderScene(example.scene));
    const real = part.length;
    const [first] = part;
    while (part.length < encodeBatch && first !== undefined) part.push(first);
    const images = imagesToTensor(part);
    const encoded = await encode.async(images);
    const values = (await encoded.data()) as Int32Array;
    const tokens = encoded.shape[1] ?? 0;
    for (let row = 0; row < real; row++) codes.push(values.slice(row * tokens, (row + 1) * tokens));
    tf.dispose([images, encoded]);
  }
  encode.dispose();
  return codes;
}

/**
 * Turns examples into training sequences. Pictures are encoded once, here.
 *
 * @returns one row an example, in order: BOS and rendered prompt; chain without BOS, ending in begin-of-image; codes
 */
export async function sequencesOf(
  config: VqConfig,
  codec: Params,
  tokenizer: JanusTokenizer,
  examples: readonly Example[],
): Promise<SequenceRow[]> {
  const codes = await encodeScenes(config, codec, examples);
  return examples.map((example, index) => ({
    promptIds: tokenizer.encodePrompt(example.prompt.text),
    chainIds: tokenizer.encode(example.chain),
    imageCodes: codes[index] ?? new Int32Array(0),
  }));
}
