// Where the cache grows: the segments of a batch. Pure.

/**
 * One segment: the step that ends it, and whether at its start rows can still be in their chain, or all can be past it.
 * Where both can be, both forms of the segment get compiled when they are met.
 */
export type Segment = {
  readonly end: number;
  readonly chainPossible: boolean;
  readonly imagePossible: boolean;
};

/**
 * Splits the `steps` steps after a prompt into segments.
 *
 * @param lengths steps of the first, second, ... segment; the last entry repeats
 * @param textCap a chain ends at this step at the latest, with begin-of-image appended by force
 */
export function segmentsFor(steps: number, lengths: readonly number[], textCap: number): readonly Segment[] {
  const segments: Segment[] = [];
  let done = 0;
  while (done < steps) {
    const length = Math.max(1, lengths[Math.min(segments.length, lengths.length - 1)] ?? steps);
    const end = Math.min(steps, done + length);
    segments.push({ end, chainPossible: done <= textCap, imagePossible: done > 0 });
    done = end;
  }
  return segments;
}
