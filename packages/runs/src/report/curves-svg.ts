// Line charts as inline SVG in a <figure>. Colours come from the page's style, so that charts follow light and dark.
import { axisFor } from "./axis-ticks.js";
import { escapeHtml } from "./html.js";

/** A point; `low` and `high` are an interval around `y`. */
export type CurvePoint = {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
};

/** One line. `soft` is for what is noisy and many, `main` and `second` for what is read off. */
export type CurveSeries = {
  readonly name: string;
  readonly tone: "soft" | "main" | "second";
  readonly points: readonly CurvePoint[];
  /** Dots, for few points. */
  readonly marks?: boolean;
};

export type Curve = {
  readonly title: string;
  readonly note?: string;
  readonly series: readonly CurveSeries[];
  /** A dashed line at this height. */
  readonly rule?: { readonly name: string; readonly y: number };
  /** Fixed ends of the y axis; otherwise from 0 to the largest value. */
  readonly range?: readonly [number, number];
};

const width = 340;
const height = 190;
const left = 40;
const right = 10;
const top = 8;
const bottom = 26;

/** More points than this are drawn as means of neighbours. */
const maxPoints = 300;

/** The chart, or an empty text when no series has a point. */
export function curveFigure(curve: Curve): string {
  const series = curve.series
    .map((one) => ({ ...one, points: thin(one.points.filter(isDrawable)) }))
    .filter(({ points }) => points.length > 0);
  const points = series.flatMap((one) => one.points);
  if (points.length === 0) return "";
  const highest = Math.max(...points.map(({ y, high }) => high ?? y), curve.rule?.y ?? 0);
  const lowest = Math.min(0, ...points.map(({ y, low }) => low ?? y));
  const [from, to] = curve.range ?? [lowest, highest];
  const yAxis = axisFor(from, to, 5);
  const xAxis = axisFor(0, Math.max(1, ...points.map(({ x }) => x)), 5, true);
  const lastX = Math.max(1, ...points.map(({ x }) => x));
  const px = (x: number): string => (left + (x / lastX) * (width - left - right)).toFixed(1);
  const clamp = (y: number): number => Math.min(yAxis.high, Math.max(yAxis.low, y));
  const py = (y: number): string =>
    (top + (1 - (clamp(y) - yAxis.low) / (yAxis.high - yAxis.low)) * (height - top - bottom)).toFixed(1);

  const grid = yAxis.ticks.map(
    (tick) =>
      `<line class="grid" x1="${left}" x2="${width - right}" y1="${py(tick)}" y2="${py(tick)}"/>` +
      `<text class="tick" x="${left - 6}" y="${py(tick)}" dy="0.32em" text-anchor="end">${tickText(tick, yAxis.decimals)}</text>`,
  );
  const steps = xAxis.ticks
    .filter((tick) => tick <= lastX)
    .map(
      (tick) =>
        `<text class="tick" x="${px(tick)}" y="${height - 8}" text-anchor="middle">${tick.toFixed(0)}</text>`,
    );
  const rule =
    curve.rule === undefined || !Number.isFinite(curve.rule.y)
      ? ""
      : `<line class="rule" x1="${left}" x2="${width - right}" y1="${py(curve.rule.y)}" y2="${py(curve.rule.y)}"/>`;
  const lines = series.map((one) => drawSeries(one, px, py));
  const ends = series
    .map((one) => `${one.name} ${shown(one.points.at(-1)?.y)} at the end`)
    .concat(curve.rule === undefined ? [] : [`${curve.rule.name} ${shown(curve.rule.y)}`]);
  const keys = [
    ...series.map((one) => `<span class="key ${one.tone}">${escapeHtml(one.name)}</span>`),
    ...(rule === "" ? [] : [`<span class="key dashed">${escapeHtml(curve.rule?.name ?? "")}</span>`]),
  ];
  return (
    `<figure class="curve"><figcaption><b>${escapeHtml(curve.title)}</b>` +
    `${curve.note === undefined ? "" : ` <span class="note">${escapeHtml(curve.note)}</span>`}` +
    `${keys.length > 1 ? `<span class="keys">${keys.join("")}</span>` : ""}</figcaption>` +
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(`${curve.title} over steps: ${ends.join(", ")}`)}">` +
    `${grid.join("")}${steps.join("")}${rule}${lines.join("")}</svg></figure>`
  );
}

function drawSeries(one: CurveSeries, px: (x: number) => string, py: (y: number) => string): string {
  const line = one.points.map(({ x, y }) => `${px(x)},${py(y)}`).join(" ");
  const whiskers = one.points
    .filter(({ low, high }) => low !== undefined && high !== undefined)
    .map(
      ({ x, y, low, high }) =>
        `<line class="whisker ${one.tone}" x1="${px(x)}" x2="${px(x)}" y1="${py(low ?? y)}" y2="${py(high ?? y)}"/>`,
    );
  // One point alone makes no line; it is always a dot.
  const marked = one.marks === true || one.points.length === 1;
  const marks = (marked ? one.points : []).map(
    ({ x, y, low, high }) =>
      `<circle class="mark ${one.tone}" cx="${px(x)}" cy="${py(y)}" r="2.6"><title>step ${x}: ${shown(y)}` +
      `${low === undefined ? "" : ` [${shown(low)}, ${shown(high)}]`}</title></circle>`,
  );
  return `${whiskers.join("")}<polyline class="line ${one.tone}" points="${line}"/>${marks.join("")}`;
}

/** "0.15"; small ones as "5e-4", which fits beside the axis. */
function tickText(value: number, decimals: number): string {
  if (decimals <= 3) return value.toFixed(decimals);
  return Math.abs(value) < 1e-12 ? "0" : Number(value.toPrecision(3)).toExponential();
}

function isDrawable({ x, y }: CurvePoint): boolean {
  return Number.isFinite(x) && Number.isFinite(y);
}

function shown(value: number | undefined): string {
  if (value === undefined) return "–";
  return Math.abs(value) >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString();
}

/** At most {@link maxPoints} points: means over runs of neighbours. */
function thin(points: readonly CurvePoint[]): readonly CurvePoint[] {
  const size = Math.ceil(points.length / maxPoints);
  if (size <= 1) return points;
  return Array.from({ length: Math.ceil(points.length / size) }, (_, index) => {
    const part = points.slice(index * size, (index + 1) * size);
    const mean = (pick: (point: CurvePoint) => number): number =>
      part.reduce((sum, point) => sum + pick(point), 0) / part.length;
    return { x: mean(({ x }) => x), y: mean(({ y }) => y) };
  });
}
