// The plan of a run as text. Pure.
import type { RunConfig } from "@easel/config";
import {
  type CardVerdict,
  judgeCallsPerSecond,
  type PlanBasis,
  type RunPlan,
  understandingParameters,
  usableShare,
} from "@easel/plan";
import { memoryTable, trainerTable, verdictText, weightsTable } from "./plan-tables.js";
import type { PlannedModel } from "./planned-model.js";
import { bytesText, timeText } from "./quantities.js";

/** What a plan is for, for its heading and its caveats. */
export type Setting = {
  readonly file: string;
  readonly model: PlannedModel;
  readonly basis: PlanBasis;
  /** Memory of the card in bytes; null on the processor. */
  readonly card: number | null;
};

/** The heading, and what every figure rests on. */
export function heading(
  what: string,
  { file, model, basis }: Setting,
  workload: RunPlan["workload"],
): string {
  const { prompt, chain, longestChain, image } = workload;
  return (
    `${file}: ${what}\n` +
    `sizes: ${model.from}; no weights were read\n` +
    `tokens: prompt ${prompt}, chain ${chain} (longest ${longestChain}), picture ${image}; ` +
    "memory is that of the longest\n" +
    `device: ${basis.rates.device}; ${basis.workspace.measured ? "checked against measured processes" : "every figure estimated, none measured on a GPU"}\n`
  );
}

/** The plan of a run. */
export function runPlanText(
  config: RunConfig,
  plan: RunPlan,
  verdict: CardVerdict | null,
  setting: Setting,
): string {
  const { learner, model } = config;
  const isAdapter = model.lora !== null;
  return [
    heading(`reinforcement learning, ${learner.steps} updates`, setting, plan.workload),
    `weights\n${weightsTable(plan.parameters, plan.trained, isAdapter)}`,
    learnerSection(config, plan),
    `rollout worker: ${plan.rows} rows in a call\n${memoryTable(plan.rollout)}`,
    ...(verdict === null ? [] : [cardText(plan, verdict, setting)]),
    bytesSection(plan, setting),
    callsSection(plan),
    timeSection(config, plan, setting),
  ].join("\n");
}

function learnerSection({ learner: settings }: RunConfig, { learner, judge }: RunPlan): string {
  const passes = Math.ceil(judge.samples / settings.rowsPerPass);
  const { activations, logits } = learner;
  return (
    `learner: ${passes} passes of ${settings.rowsPerPass} rows an update\n${trainerTable(learner)}` +
    `  a pass keeps ${bytesText(activations.recomputed)} with layers recomputed, ${bytesText(activations.kept)} without; ` +
    `its logits take ${bytesText(logits.image)} for pictures and ${bytesText(logits.text)} for a chunk of text\n`
  );
}

function cardText(plan: RunPlan, { learner, rollout, both }: CardVerdict, { card }: Setting): string {
  const size = card ?? 0;
  const sum = plan.learner.bytes + plan.rollout.bytes;
  return (
    `a card of ${bytesText(size)}, of which ${bytesText(usableShare * size)} can be used (estimated)\n` +
    `  learner alone ${verdictText(learner)} (${bytesText(plan.learner.bytes)}), ` +
    `rollout worker alone ${verdictText(rollout)} (${bytesText(plan.rollout.bytes)}), ` +
    `both on one ${verdictText(both)} (${bytesText(sum)})\n`
  );
}

function bytesSection({ disk, messages }: RunPlan, { model }: Setting): string {
  const tower = 2 * understandingParameters(model.config);
  return (
    "bytes\n" +
    `  checkpoint on disk in bfloat16 ${bytesText(disk.checkpointBf16)}; released ones hold ${bytesText(tower)} more ` +
    "of an understanding tower, which is never loaded\n" +
    `  a checkpoint of the run ${bytesText(disk.runCheckpoint)}, an announcement of weights ${bytesText(messages.weights)}\n` +
    `  a trajectory message of ${messages.samples} samples ${bytesText(messages.trajectory)}, ` +
    `and a picture of each, about ${bytesText(messages.picture)}\n`
  );
}

function callsSection({ judge }: RunPlan): string {
  return (
    `judging an update of ${judge.samples} samples as the paper does: ${judge.visionLanguage} calls of a ` +
    `vision-language model and ${judge.preference} of a preference model.\n` +
    "  The program that judges shapeworld makes no calls.\n"
  );
}

function timeSection({ learner }: RunConfig, { times }: RunPlan, { basis }: Setting): string {
  const { drawMs, learnMs, judgeMs } = times;
  const stepMs = basis.workspace.measured ? drawMs + learnMs : Math.max(drawMs, learnMs);
  const way = basis.workspace.measured
    ? "drawing and learning share the cores"
    : "drawing and learning overlap on a card each";
  return (
    `time of an update (${basis.rates.measured ? "from measured rates" : "estimated"})\n` +
    `  drawing ${timeText(drawMs)}, learning ${timeText(learnMs)}: ${timeText(stepMs)} where ${way}; ` +
    `${timeText(stepMs * learner.steps)} for all ${learner.steps}\n` +
    `  with an external judge at ${judgeCallsPerSecond} calls a second (estimated), judging takes ${timeText(judgeMs)}\n` +
    `  rates: ${basis.rates.source}\n`
  );
}
