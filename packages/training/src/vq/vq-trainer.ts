// Trains a VQ codec on shapeworld pictures from nothing: schedule, data and the replacement of dead codes. The step
// itself is vq-step.ts; how good the result is, vq-quality.ts.
import { cosineWithWarmup, fromTensor, type HostTensor, tf, toTensor } from "@easel/engine";
import { codebookName, initVq, type VqConfig } from "@easel/janus";
import { type Random, randomFrom } from "@easel/shapeworld";
import { imagesToTensor } from "../images-to-tensor.js";
import { codebookUse, replaceDeadCodes } from "./dead-codes.js";
import { codecPictures } from "./vq-scenes.js";
import { createVqStep, type VqObjective, type VqStep } from "./vq-step.js";

/** How long and how fast. */
export type VqTraining = VqObjective & {
  readonly steps: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly warmupSteps: number;
  /** Share of the peak rate at the end, in [0,1]. */
  readonly floor: number;
  /** Dead codes are replaced every so many steps, until `replaceUntil` of the run is over. */
  readonly replaceEvery: number;
  readonly replaceUntil: number;
  readonly seed: number;
};

/** Means since the last report. */
export type VqProgress = {
  readonly step: number;
  readonly reconstruction: number;
  readonly commitment: number;
  readonly gradientNorm: number;
  /** Share of codes in use, in [0,1]. */
  readonly codebookUse: number;
  readonly replaced: number;
};

/** A code with fewer uses a step than this is dead. */
const deadBelow = 0.03;

/** Gives dead codes the direction of badly coded latents; returns how many. */
async function revive(
  step: VqStep,
  codebook: tf.Variable,
  worst: tf.Tensor,
  random: Random,
): Promise<number> {
  const { sums, uses } = step.average;
  const [useValues, sumValues, candidates] = await Promise.all([uses.data(), sums.data(), worst.data()]);
  const replacements = replaceDeadCodes(useValues as Float32Array, deadBelow, worst.shape[0] ?? 0, random);
  if (replacements.length === 0) return 0;
  const width = codebook.shape[1] ?? 0;
  const [newUses, newSums] = [Float32Array.from(useValues), Float32Array.from(sumValues)];
  for (const { code, candidate } of replacements) {
    newUses[code] = 1;
    for (let i = 0; i < width; i++) newSums[code * width + i] = candidates[candidate * width + i] ?? 0;
  }
  tf.tidy(() => {
    uses.assign(tf.tensor1d(newUses));
    sums.assign(tf.tensor2d(newSums, [newUses.length, width]));
    codebook.assign(tf.tensor2d(newSums, [newUses.length, width]));
  });
  return replacements.length;
}

/**
 * Trains a codec.
 *
 * @param onProgress called every 50 steps
 * @returns the weights by name, float32
 */
export async function trainVq(
  config: VqConfig,
  training: VqTraining,
  onProgress: (progress: VqProgress) => void,
  signal?: AbortSignal,
): Promise<Map<string, HostTensor>> {
  const random = randomFrom(`vq/${training.seed}`);
  const initial = initVq(config, random);
  const weights = Object.fromEntries(
    [...initial].map(([name, tensor]) => [name, tf.variable(toTensor(tensor), name !== codebookName)]),
  );
  const codebook = weights[codebookName] as tf.Variable;
  const factor = 2 ** (config.multipliers.length - 1);
  const latentsPerStep = training.batch * (64 / factor) ** 2;
  const step = createVqStep(config, { weights }, training, latentsPerStep);
  const report = { reconstruction: 0, commitment: 0, gradientNorm: 0, replaced: 0, steps: 0 };

  for (let at = 0; at < training.steps; at++) {
    signal?.throwIfAborted();
    const images = imagesToTensor(codecPictures(random, training.batch));
    const rate = tf.scalar(
      training.learningRate *
        cosineWithWarmup({
          step: at + 1,
          warmupSteps: training.warmupSteps,
          totalSteps: training.steps,
          floor: training.floor,
        }),
    );
    const result = await step.run.async(images, rate);
    const [reconstruction, commitment, norm] = await Promise.all(
      [result.reconstruction, result.commitment, result.gradientNorm].map(
        async (t) => (await t.data())[0] ?? 0,
      ),
    );
    report.reconstruction += reconstruction ?? 0;
    report.commitment += commitment ?? 0;
    report.gradientNorm += norm ?? 0;
    report.steps++;
    const replacing = at < training.steps * training.replaceUntil;
    if (replacing && (at + 1) % training.replaceEvery === 0) {
      report.replaced += await revive(step, codebook, result.worst, random);
    }
    tf.dispose([images, rate, Object.values(result)]);
    if ((at + 1) % 50 === 0 || at + 1 === training.steps) {
      onProgress({
        step: at + 1,
        reconstruction: report.reconstruction / report.steps,
        commitment: report.commitment / report.steps,
        gradientNorm: report.gradientNorm / report.steps,
        codebookUse: codebookUse(await step.average.uses.data(), deadBelow),
        replaced: report.replaced,
      });
      Object.assign(report, { reconstruction: 0, commitment: 0, gradientNorm: 0, replaced: 0, steps: 0 });
    }
  }
  const trained = new Map<string, HostTensor>();
  for (const [name, variable] of Object.entries(weights)) trained.set(name, await fromTensor(variable));
  tf.dispose(weights);
  return trained;
}
