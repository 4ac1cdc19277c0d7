// What a queue of samples of different lengths costs in the two ways of batching them: rows that start together, with a
// cache that grows; or rows that are replaced as they finish, with a cache of full size. A model of costs, not a sampler.

/** Time of one step of all rows: `fixedMs + perSlotMs * slots of the cache`. */
export type StepCost = { readonly fixedMs: number; readonly perSlotMs: number };

/** What both ways share. */
export type BatchingQueue = {
  /** Steps of each sample, chain and picture, in the order they are drawn. */
  readonly lengths: readonly number[];
  readonly rows: number;
  readonly promptBucket: number;
  readonly cost: StepCost;
};

export type BatchingCost = {
  /** Share of row steps that drew a token which was wanted, [0,1]. */
  readonly utilisation: number;
  readonly steps: number;
  readonly ms: number;
};

/** Batches of `rows` samples start together and end with their longest; the cache grows by `segment` slots. */
export function lockStepCost(queue: BatchingQueue, segment: number): BatchingCost {
  const { lengths, rows, promptBucket, cost } = queue;
  let steps = 0;
  let ms = 0;
  for (let start = 0; start < lengths.length; start += rows) {
    const longest = Math.max(...lengths.slice(start, start + rows));
    for (let done = 0; done < longest; done += segment) {
      const slots = promptBucket + done + segment;
      ms += Math.min(segment, longest - done) * (cost.fixedMs + cost.perSlotMs * slots);
    }
    steps += longest;
  }
  return { utilisation: total(lengths) / Math.max(1, steps * rows), steps, ms };
}

/**
 * A row takes the next sample once it has finished one. Rows are at different places then, so the cache is a ring that
 * holds the longest possible sample, `longest` steps, all the time. Prompts of later samples cost nothing here.
 */
export function replacingCost(queue: BatchingQueue, longest: number): BatchingCost {
  const { lengths, rows, promptBucket, cost } = queue;
  const busyUntil = new Array<number>(rows).fill(0);
  for (const length of lengths) {
    const next = busyUntil.indexOf(Math.min(...busyUntil));
    busyUntil[next] = (busyUntil[next] ?? 0) + length;
  }
  const steps = Math.max(...busyUntil);
  const ms = steps * (cost.fixedMs + cost.perSlotMs * (promptBucket + longest));
  return { utilisation: total(lengths) / Math.max(1, steps * rows), steps, ms };
}

function total(lengths: readonly number[]): number {
  return lengths.reduce((sum, length) => sum + length, 0);
}
