// Where the cache grows: the slots at the end of each segment of a batch. Pure.

/** One segment: the cache size at its end, and whether a chain can still be running when it starts. */
export type Segment = { readonly slots: number; readonly chainPossible: boolean };

/**
 * Splits `steps` steps after a prompt bucket into segments.
 *
 * @param lengths steps of the first, second, ... segment; the last entry repeats
 * @param textCap a chain ends at this step at the latest, with begin-of-image appended by force
 */
export function segmentsFor(
  promptBucket: number,
  steps: number,
  lengths: readonly number[],
  textCap: number,
): readonly Segment[] {
  const segments: Segment[] = [];
  let done = 0;
  while (done < steps) {
    const length = Math.max(1, lengths[Math.min(segments.length, lengths.length - 1)] ?? steps);
    const end = Math.min(steps, done + length);
    segments.push({ slots: promptBucket + end, chainPossible: done <= textCap });
    done = end;
  }
  return segments;
}
