// The plan of supervised training on pictures as text. Pure.
import type { SftConfig } from "@easel/config";
import { fits, type SftPlan } from "@easel/plan";
import { trainerTable, verdictText, weightsTable } from "./plan-tables.js";
import { bytesText, countText, timeText } from "./quantities.js";
import { heading, type Setting } from "./run-plan-text.js";

/** Longer than this is no way to use one card. */
const longestMs = 7 * 24 * 3_600_000;

/** The plan of supervised training. */
export function sftPlanText({ model, training }: SftConfig, plan: SftPlan, setting: Setting): string {
  const { card, basis } = setting;
  const passes = Math.ceil(training.batch / training.rowsPerPass);
  const measured = basis.rates.measured ? "from measured rates" : "estimated";
  const isTooLong = plan.totalMs > longestMs;
  return [
    heading(
      `supervised training, ${plan.steps} updates of ${training.batch} examples`,
      setting,
      plan.workload,
    ),
    `weights\n${weightsTable(plan.parameters, plan.trained, model.lora !== null)}`,
    `trainer: ${passes} passes of ${training.rowsPerPass} rows an update\n${trainerTable(plan.trainer)}`,
    ...(card === null
      ? []
      : [
          `a card of ${bytesText(card)}: ${verdictText(fits(plan.trainer.bytes, card))} (${bytesText(plan.trainer.bytes)}, estimated)\n`,
        ]),
    `bytes on disk\n` +
      `  the result in bfloat16 ${bytesText(plan.disk.checkpointBf16)}` +
      `${plan.disk.adapter > 0 ? `, its adapter apart ${bytesText(plan.disk.adapter)}` : ""}; ` +
      `a state to go on from ${bytesText(plan.disk.state)}, of which two are kept\n`,
    `time (${measured})\n` +
      `  ${timeText(plan.stepMs)} an update, ${timeText(plan.totalMs)} for ${plan.steps} updates ` +
      `(${countText(plan.examples)} examples) on ${basis.rates.device}\n` +
      (isTooLong
        ? `  This DOES NOT FIT one device's time: a week there is ${Math.floor(longestMs / plan.stepMs)} updates. Train on fewer, or elsewhere.\n`
        : "") +
      `  rates: ${basis.rates.source}\n`,
  ].join("\n");
}
