// Uniform numbers as a pure function of a counter, by the engine's Philox. Holds no state and is not a stream: the same
// (seed, group, sample, position) gives the same number in any process and any order.
import { philox4x32, type Words4 } from "@easel/engine";

/** What a draw depends on. All are whole numbers; `seed` and `group` may use 53 bits, the others 32. */
export type DrawCounter = {
  readonly seed: number;
  /** Issue number of the group. */
  readonly group: number;
  /** Index of the sample within its group. */
  readonly sample: number;
  /** Index of the token within the sampled part: 0 is the first token after the prompt. */
  readonly position: number;
};

const high = (n: number): number => Math.floor(n / 0x100000000) >>> 0;

/**
 * One uniform number in [0,1) with 24 random bits, exact in float32.
 *
 * Positions share blocks of four, so `position` addresses word `position % 4` of block `position / 4`.
 */
export function uniformFor({ seed, group, sample, position }: DrawCounter): number {
  const counter: Words4 = [position >>> 2, sample >>> 0, group >>> 0, high(group)];
  const words = philox4x32(counter, [seed >>> 0, high(seed)]);
  return ((words[position & 3] as number) >>> 8) / 0x1000000;
}
