// Which examples are held out: a function of the prompt alone, so that equal prompts stay together and a larger file moves
// none of them.
import { createHash } from "node:crypto";

/**
 * Whether a prompt is held out.
 *
 * @param share of prompts, in [0,1]
 */
export function isHeldOut(prompt: string, share: number): boolean {
  const first = createHash("sha256").update(`held-out\n${prompt}`).digest().readUInt32BE(0);
  return first < share * 2 ** 32;
}
