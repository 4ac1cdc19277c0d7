// How `easel eval` draws: what its options say, else what the run had, else what suits the checkpoint. Reads the tokenizer and
// config of a checkpoint; draws nothing.
import type { WeightStorage } from "@easel/training";
import { checkpointDefaults } from "../generation/checkpoint-defaults.js";
import { drawWays } from "./draw-ways.js";
import type { EvalPlan } from "./eval-plan.js";
import type { MeasureOptions } from "./measure-models.js";

/** The options that say how to draw. */
export type DrawOptions = {
  readonly temperature: readonly number[];
  readonly seed?: readonly number[];
  readonly promptSeed?: number;
  readonly guidance?: readonly number[];
  readonly textCap?: number;
  readonly rows?: number;
  readonly weights?: WeightStorage;
};

/**
 * Puts them together. Without a run the model that is measured decides for both, so that both are drawn alike.
 *
 * @throws JanusError as reading a checkpoint's tokenizer and config does
 */
export async function measureOptions(
  options: DrawOptions,
  { defaults, models }: Pick<EvalPlan, "defaults" | "models">,
): Promise<MeasureOptions> {
  const measured = models.at(-1);
  const run = { ...defaults };
  const suits =
    run.guidance !== undefined || measured === undefined
      ? { guidance: 1, textCap: 72, rows: 128 }
      : await checkpointDefaults(measured.checkpoint);
  const seeds = options.seed ?? [run.seed ?? 1];
  return {
    ways: drawWays(options.temperature, options.guidance ?? [run.guidance ?? suits.guidance], seeds),
    promptSeed: options.promptSeed ?? seeds[0] ?? 1,
    textCap: options.textCap ?? run.textCap ?? suits.textCap,
    maxRows: options.rows ?? run.rows ?? suits.rows,
    weights: options.weights ?? run.weights ?? "float32",
  };
}
