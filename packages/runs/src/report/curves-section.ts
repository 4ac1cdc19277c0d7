// Which curves a report shows, out of the metrics log.
import type { Interval } from "@easel/training";
import { meaningOf, measureNames, skillNames } from "../measure-names.js";
import {
  type EvaluationRecord,
  evaluationsOf,
  type ReadMetrics,
  type StepRecord,
  stepsOf,
} from "../metrics-log.js";
import type { SplitResult } from "../summary.js";
import { type Curve, type CurvePoint, type CurveSeries, curveFigure } from "./curves-svg.js";

const unit = [0, 1] as const;

type StepNumber = {
  [key in keyof StepRecord]-?: StepRecord[key] extends number | undefined ? key : never;
}[keyof StepRecord];

/** All curves that have points. `dev` gives the ceilings. */
export function curvesSection(metrics: ReadMetrics, dev: SplitResult | null): string {
  const steps = stepsOf(metrics.records);
  const evaluations = evaluationsOf(metrics.records, "dev", 1);
  const groups: readonly (readonly [string, readonly Curve[]])[] = [
    ["Rewards", rewardCurves(steps, evaluations, dev)],
    ["Total reward by skill", skillCurves(steps, evaluations, dev)],
    ["Training", trainingCurves(steps)],
  ];
  return groups
    .map(([title, curves]) => [title, curves.map(curveFigure).join("")] as const)
    .filter(([, figures]) => figures !== "")
    .map(([title, figures]) => `<h3>${title}</h3><div class="curves">${figures}</div>`)
    .join("");
}

function ceilingRule(y: number | undefined): Pick<Curve, "rule"> {
  return y === undefined || !Number.isFinite(y) ? {} : { rule: { name: "ceiling", y } };
}

function devSeries(
  evaluations: readonly EvaluationRecord[],
  pick: (record: EvaluationRecord) => Interval | undefined,
): CurveSeries {
  const points = evaluations.flatMap((record): CurvePoint[] => {
    const value = pick(record);
    // JSON has no NaN: an interval over nothing arrives as nulls.
    if (value === undefined || !Number.isFinite(value.mean)) return [];
    const point = { x: record.step, y: value.mean };
    const known = Number.isFinite(value.low) && Number.isFinite(value.high);
    return [known ? { ...point, low: value.low, high: value.high } : point];
  });
  const hasIntervals = points.some(({ low }) => low !== undefined);
  return { name: hasIntervals ? "dev, 95 %" : "dev", tone: "main", points, marks: true };
}

function rewardCurves(
  steps: readonly StepRecord[],
  evaluations: readonly EvaluationRecord[],
  dev: SplitResult | null,
): Curve[] {
  return measureNames.map((measure) => ({
    title: measure === "total" ? "total reward" : measure === "strict" ? "strict success" : measure,
    ...(measure === "total" ? {} : { note: measure === "strict" ? "never rewarded" : meaningOf(measure) }),
    range: unit,
    series: [
      ...(measure === "strict" ? [] : [batchSeries(steps, (step) => step.rewards[measure])]),
      devSeries(evaluations, (record) => record.measures[measure]),
    ],
    ...ceilingRule(dev?.ceiling.measures[measure].mean),
  }));
}

function batchSeries(
  steps: readonly StepRecord[],
  pick: (step: StepRecord) => number | undefined,
): CurveSeries {
  return { name: "batch", tone: "soft", points: pointsOf(steps, pick) };
}

function skillCurves(
  steps: readonly StepRecord[],
  evaluations: readonly EvaluationRecord[],
  dev: SplitResult | null,
): Curve[] {
  return skillNames.map((skill) => ({
    title: skill,
    range: unit,
    series: [
      batchSeries(steps, (step) => step.skills?.[skill]),
      devSeries(evaluations, (record) => record.skills?.[skill]?.total),
    ],
    ...ceilingRule(dev?.ceiling.skills[skill].total.mean),
  }));
}

function trainingCurves(steps: readonly StepRecord[]): Curve[] {
  const series = (name: string, tone: CurveSeries["tone"], key: StepNumber): CurveSeries => ({
    name,
    tone,
    points: pointsOf(steps, (step) => step[key]),
  });
  return [
    { title: "KL to the start", note: "k3, nats a token", series: [series("kl", "main", "kl")] },
    {
      title: "entropy",
      note: "nats a token",
      series: [series("chain", "main", "textEntropy"), series("image", "second", "imageEntropy")],
    },
    {
      title: "sampler against learner",
      note: "mean |Δ log-prob|",
      series: [series("chain", "main", "textMismatch"), series("image", "second", "imageMismatch")],
    },
    {
      title: "clipped tokens",
      note: "share",
      series: [series("low side", "main", "clippedLow"), series("high side", "second", "clippedHigh")],
    },
    { title: "gradient norm", note: "before clipping", series: [series("norm", "main", "gradientNorm")] },
    { title: "learning rate", series: [series("rate", "main", "learningRate")] },
    {
      title: "throughput",
      note: "samples a second",
      series: [series("samples/s", "main", "samplesPerSecond")],
    },
    {
      title: "staleness",
      note: "weight versions behind, mean",
      series: [series("staleness", "main", "staleness")],
    },
  ];
}

function pointsOf(
  steps: readonly StepRecord[],
  pick: (step: StepRecord) => number | undefined,
): CurvePoint[] {
  return steps.flatMap((step) => {
    const y = pick(step);
    return y === undefined || y === null ? [] : [{ x: step.step, y }];
  });
}
