// Supervised training of the decoder on prepared sequences: epochs in random order, condition dropout, schedule. The
// step itself is sft-step.ts; where sequences come from, sft-examples.ts.
import { cosineWithWarmup, type Params, tf } from "@easel/engine";
import {
  type JanusConfig,
  type PartWeights,
  packedTensors,
  packSequences,
  type SequenceRow,
} from "@easel/janus";
import type { Random } from "@easel/shapeworld";
import { createSftStep, type SftOptimisation } from "./sft-step.js";

/** How long, how fast, on what mix. */
export type SftTraining = SftOptimisation & {
  readonly steps: number;
  readonly batch: number;
  readonly warmupSteps: number;
  /** Share of the peak rate at the end, in [0,1]. */
  readonly floor: number;
  readonly parts: PartWeights;
  /** Share of rows whose condition is replaced by pads, in [0,1]; Janus uses 0.1. */
  readonly conditionDropout: number;
};

/** Means since the last report, in nats a token. */
export type SftProgress = {
  readonly step: number;
  readonly chain: number;
  readonly boi: number;
  readonly image: number;
  readonly gradientNorm: number;
};

/** Rows in random order, again and again, each pass in a new order. */
function* endlessly(rows: readonly SequenceRow[], random: Random): Generator<SequenceRow, never> {
  const order = rows.map((_, index) => index);
  for (;;) {
    for (let last = order.length - 1; last > 0; last--) {
      const other = Math.floor(random.next() * (last + 1));
      [order[last], order[other]] = [order[other] as number, order[last] as number];
    }
    for (const index of order) yield rows[index] as SequenceRow;
  }
}

/**
 * Trains the given variables in place.
 *
 * @param trained variables by weight name, the same objects as in `params`
 * @param onProgress called every 25 steps
 */
export async function trainSft(
  config: JanusConfig,
  params: Params,
  trained: Readonly<Record<string, tf.Variable>>,
  rows: readonly SequenceRow[],
  padId: number,
  training: SftTraining,
  random: Random,
  onProgress: (progress: SftProgress) => void,
  signal?: AbortSignal,
): Promise<void> {
  const step = createSftStep(config, params, trained, training.parts, training);
  const source = endlessly(rows, random);
  const sums = { chain: 0, boi: 0, image: 0, gradientNorm: 0, steps: 0 };
  for (let at = 0; at < training.steps; at++) {
    signal?.throwIfAborted();
    const batch = Array.from({ length: training.batch }, () => ({
      ...source.next().value,
      dropCondition: random.next() < training.conditionDropout,
    }));
    const tensors = packedTensors(packSequences({ rows: batch, padId, lengthBucket: 16, textBucket: 512 }));
    const factor = tf.scalar(
      cosineWithWarmup({
        step: at + 1,
        warmupSteps: training.warmupSteps,
        totalSteps: training.steps,
        floor: training.floor,
      }),
    );
    const result = await step.async(tensors, factor);
    for (const key of ["chain", "boi", "image", "gradientNorm"] as const) {
      sums[key] += (await result[key].data())[0] ?? 0;
    }
    sums.steps++;
    tf.dispose([tensors, factor, result]);
    if ((at + 1) % 25 === 0 || at + 1 === training.steps) {
      const mean = (key: keyof typeof sums): number => sums[key] / sums.steps;
      onProgress({
        step: at + 1,
        chain: mean("chain"),
        boi: mean("boi"),
        image: mean("image"),
        gradientNorm: mean("gradientNorm"),
      });
      Object.assign(sums, { chain: 0, boi: 0, image: 0, gradientNorm: 0, steps: 0 });
    }
  }
  step.dispose();
}
