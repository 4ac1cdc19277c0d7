// Shapeworld examples as sequences the decoder is trained on: prompt, chain and image codes. The codec that makes the
// codes is given; it is not trained here.
import type { Params } from "@easel/engine";
import type { JanusTokenizer, SequenceRow, VqConfig } from "@easel/janus";
import { type Example, renderScene } from "@easel/shapeworld";
import { createPictureEncoder } from "./picture-encoder.js";

/** Pixels per side of a scene. */
const sceneSide = 64;

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
  const encoder = createPictureEncoder({ vq: config }, codec, sceneSide);
  const rows: SequenceRow[] = [];
  for (let start = 0; start < examples.length; start += encoder.batch) {
    const part = examples.slice(start, start + encoder.batch);
    const codes = await encoder.encode(part.map(({ scene }) => renderScene(scene)));
    part.forEach((example, index) => {
      rows.push({
        promptIds: tokenizer.encodePrompt(example.prompt.text),
        chainIds: tokenizer.encode(example.chain),
        imageCodes: codes[index] ?? new Int32Array(0),
      });
    });
  }
  encoder.dispose();
  return rows;
}
