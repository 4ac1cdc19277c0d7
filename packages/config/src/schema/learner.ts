// The learner's optimiser and limits, and how the policy is evaluated.
import { z } from "zod";
import {
  below1,
  count,
  countOrAuto,
  countOrZero,
  duration,
  flag,
  fraction,
  notNegative,
  oneOf,
  positive,
} from "./quantities.js";

export const learnerSchema = z.strictObject({
  /** Compute threads; "auto" shares the cores among the processes of a local run. */
  threads: countOrAuto,
  /** Rate after warm-up. */
  learningRate: positive,
  schedule: oneOf(["cosine", "constant"]),
  /** The cosine ends at this fraction of the rate. */
  floor: fraction,
  warmupSteps: countOrZero,
  beta1: below1,
  beta2: below1,
  weightDecay: notNegative,
  /** Largest global norm of a gradient. */
  gradClip: positive,
  /** Updates of the run, at most. */
  steps: count,
  /** The run ends after the step in which this has passed; null for no limit. */
  maxTime: duration.nullable(),
  matmul: oneOf(["f32", "bf16"]),
  /** Rows of one gradient pass; an update adds up as many passes as its rows need. Memory goes with it. */
  rowsPerPass: count,
  /** Activation checkpointing: a pass keeps the input of each layer and computes the layer again going back. */
  recompute: flag,
  /** How the optimizer keeps its two moments: 8 bytes a trained weight, or 2.03. */
  moments: oneOf(["fp32", "8bit"]),
  /** Steps between checkpoints. */
  checkpointEvery: count,
});

export const evaluationSchema = z.strictObject({
  /** Steps between evaluations on the dev prompts; 0 for none but the first and the last. */
  every: countOrZero,
  /** Samples of one dev evaluation: one a prompt, round and round. */
  devSamples: count,
  /** Samples of an evaluation on the test prompts. */
  testSamples: count,
});
