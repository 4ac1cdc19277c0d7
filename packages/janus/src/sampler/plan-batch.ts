// Lays out one sampling batch as plain typed arrays: distinct prompts left-padded to a bucket, which row reads which,
// and the uniform numbers of all steps. Pure.
import { JanusError } from "../errors.js";
import type { SampleRequest } from "./types.js";

/** Sizes that do not depend on the requests. */
export type BatchLimits = {
  readonly maxRows: number;
  readonly promptBuckets: readonly number[];
  /** Most tokens after the prompt: cap, begin-of-image, codes. */
  readonly steps: number;
  readonly padId: number;
  readonly guided: boolean;
};

/**
 * A planned batch. "Streams" are what the decoder steps: one a row, then with guidance one unconditional twin a row.
 */
export type BatchPlan = {
  readonly promptBucket: number;
  /** Prompts computed, filled up to a power of two; doubled by their unconditional forms under guidance. */
  readonly prompts: number;
  /** `[prompts, promptBucket]`, left padded. */
  readonly promptIds: Int32Array;
  /** `[prompts]` first real column of each prompt. */
  readonly promptStarts: Int32Array;
  /** `[streams]` prompt that each stream continues. */
  readonly promptOfStream: Int32Array;
  /** `[streams]` first real slot of each stream: its offset between slots and positions. */
  readonly streamStarts: Int32Array;
  /** `[maxRows]` 1 where a request sits. */
  readonly active: Uint8Array;
  /** `[steps, maxRows]` */
  readonly uniforms: Float32Array;
};

function powerOfTwoAtLeast(n: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, n)));
}

function bucketFor(longest: number, buckets: readonly number[]): number {
  const fitting = buckets.filter((bucket) => bucket >= longest);
  if (fitting.length === 0) {
    throw new JanusError(
      "EASEL_JANUS_PROMPT_TOO_LONG",
      `A prompt has ${longest} tokens, the largest prompt bucket holds ${Math.max(...buckets)}. Shorten the prompt or configure a larger bucket.`,
    );
  }
  return Math.min(...fitting);
}

/** Fills `[prompt]` right-aligned into its row; the unconditional form keeps the first id only. */
function writePrompt(
  plan: BatchPlan,
  at: number,
  ids: readonly number[],
  unconditional: boolean,
  padId: number,
): void {
  const start = plan.promptBucket - ids.length;
  plan.promptStarts[at] = start;
  ids.forEach((id, i) => {
    plan.promptIds[at * plan.promptBucket + start + i] = unconditional && i > 0 ? padId : id;
  });
}

/**
 * Plans a batch.
 *
 * @throws JanusError `EASEL_JANUS_TOO_MANY_ROWS`, `EASEL_JANUS_PROMPT_TOO_LONG`, or
 * `EASEL_JANUS_SHAPE_MISMATCH` for an empty prompt
 */
export function planBatch(requests: readonly SampleRequest[], limits: BatchLimits): BatchPlan {
  const { maxRows, steps, padId } = limits;
  if (requests.length > maxRows) {
    throw new JanusError(
      "EASEL_JANUS_TOO_MANY_ROWS",
      `${requests.length} samples were asked for at once, the sampler has ${maxRows} rows. Ask for fewer or raise maxRows.`,
    );
  }
  const distinct = new Map<string, { readonly index: number; readonly ids: readonly number[] }>();
  const promptOfRow = requests.map(({ promptIds }) => {
    if (promptIds.length === 0) {
      throw new JanusError("EASEL_JANUS_SHAPE_MISMATCH", "A prompt is empty. It must at least hold BOS.");
    }
    const key = promptIds.join();
    const known = distinct.get(key) ?? { index: distinct.size, ids: promptIds };
    distinct.set(key, known);
    return known.index;
  });
  const prompts = powerOfTwoAtLeast(distinct.size);
  const forms = limits.guided ? 2 : 1;
  const longest = Math.max(1, ...requests.map((r) => r.promptIds.length));
  const promptBucket = bucketFor(longest, limits.promptBuckets);
  const plan: BatchPlan = {
    promptBucket,
    prompts: prompts * forms,
    promptIds: new Int32Array(prompts * forms * promptBucket).fill(padId),
    promptStarts: new Int32Array(prompts * forms).fill(promptBucket - 1),
    promptOfStream: new Int32Array(maxRows * forms),
    streamStarts: new Int32Array(maxRows * forms),
    active: new Uint8Array(maxRows),
    uniforms: new Float32Array(steps * maxRows),
  };
  for (const { index, ids } of distinct.values()) {
    for (let form = 0; form < forms; form++) {
      writePrompt(plan, form * prompts + index, ids, form === 1, padId);
    }
  }
  requests.forEach((request, row) => {
    plan.active[row] = 1;
    for (let step = 0; step < steps; step++) plan.uniforms[step * maxRows + row] = request.uniform(step);
  });
  for (let row = 0; row < maxRows; row++) {
    for (let form = 0; form < forms; form++) {
      const prompt = form * prompts + (promptOfRow[row] ?? 0);
      plan.promptOfStream[form * maxRows + row] = prompt;
      plan.streamStarts[form * maxRows + row] = plan.promptStarts[prompt] as number;
    }
  }
  return plan;
}
