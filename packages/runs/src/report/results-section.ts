// The measured results as HTML: headline tiles, and per split and temperature a table with a small picture of each row.
import type { Interval } from "@easel/training";
import { changeWithInterval, duration, reward, signed, whole, withInterval } from "../figures.js";
import {
  meaningOf,
  measureNames,
  runSides,
  type SideNames,
  skillNames,
  temperatureName,
  wayName,
} from "../measure-names.js";
import type { RunSummary, SplitResult, TemperatureResult } from "../summary.js";
import { escapeHtml } from "./html.js";

type Row = {
  readonly name: string;
  readonly meaning?: string;
  readonly before: Interval;
  readonly after: Interval | null;
  readonly change: string;
  readonly ceiling: number;
  readonly strong?: boolean;
};

/** Tiles: total and strict success on the test prompts at both temperatures, and what it took. */
export function headline(summary: RunSummary): string {
  const result = summary.results.test ?? summary.results.dev;
  const tiles: string[] = [];
  for (const one of result?.temperatures ?? []) {
    for (const measure of ["total", "strict"] as const) {
      const before = one.before.measures[measure];
      const after = one.after?.measures[measure];
      const change = one.difference?.[measure];
      tiles.push(
        tile(
          `${measure === "total" ? "total reward" : "strict success"}, ${temperatureName(one.temperature)}`,
          after === undefined ? reward(before.mean) : `${reward(before.mean)} → ${reward(after.mean)}`,
          `${change === undefined ? "" : `${signed(change.difference)} [${signed(change.low)}, ${signed(change.high)}], `}ceiling ${reward(result?.ceiling.measures[measure].mean)}`,
        ),
      );
    }
  }
  tiles.push(
    tile(
      "updates",
      whole(summary.steps),
      `${duration(summary.seconds.training)} of training, ${duration(summary.seconds.total)} in all`,
    ),
    tile(
      "throughput",
      `${summary.throughput.samplesPerSecond.toFixed(1)} samples/s`,
      `${whole(summary.throughput.tokensPerSecond)} tokens/s on ${summary.engine.library} ${summary.engine.version}, ${summary.engine.threads} threads`,
    ),
  );
  return `<div class="tiles">${tiles.join("")}</div>`;
}

/** One figure with its name above and an account below. */
export function tile(name: string, value: string, below: string): string {
  return `<div class="tile"><span class="muted">${escapeHtml(name)}</span><b>${escapeHtml(value)}</b><span class="note">${escapeHtml(below)}</span></div>`;
}

/** All tables of one split; skills at other temperatures than the first, and all of `dev` unless told, are folded away. */
export function splitSection(
  result: SplitResult,
  names: SideNames = runSides,
  open = result.split === "test",
): string {
  const title = `${result.split} prompts`;
  const parts = result.temperatures.map((one) => {
    const name = `${title}, ${wayName(one)}`;
    const skills = resultTable(one, skillRows(one, result), names);
    const bySkill = `${name}, by skill`;
    return (
      `<h3>${escapeHtml(name)}</h3>${resultTable(one, measureRows(one, result), names)}` +
      (one.temperature === result.temperatures[0]?.temperature
        ? `<h3>${escapeHtml(bySkill)}</h3>${skills}`
        : folded(bySkill, skills))
    );
  });
  const note =
    `${result.prompts} prompts; 95 % intervals by resampling prompts; changes are paired by prompt. In the drawings: grey ${names.before}, ` +
    `blue ${names.after}, with intervals, from 0 to 1; the dashed mark is the ceiling, which is what true plans and true pictures score ` +
    "after a pass through the picture codec.";
  const body = `<p class="note">${escapeHtml(note)}</p>${parts.join("")}`;
  return open ? body : folded(`All tables of the ${title}`, body);
}

function folded(title: string, body: string): string {
  return `<details><summary>${escapeHtml(title)}</summary>${body}</details>`;
}

function measureRows(one: TemperatureResult, { ceiling }: SplitResult): Row[] {
  return measureNames.map((measure) => {
    const change = one.difference?.[measure];
    return {
      name: measure,
      meaning: meaningOf(measure),
      before: one.before.measures[measure],
      after: one.after?.measures[measure] ?? null,
      change: changeWithInterval(change),
      ceiling: ceiling.measures[measure].mean,
      strong: measure === "total" || measure === "strict",
    };
  });
}

function skillRows(one: TemperatureResult, { ceiling }: SplitResult): Row[] {
  return (["total", "strict"] as const).flatMap((measure) =>
    skillNames.map((skill) => {
      const before = one.before.skills[skill][measure];
      const after = one.after?.skills[skill][measure] ?? null;
      const difference = one.skillDifferences?.[skill]?.[measure];
      return {
        name: `${skill}, ${measure}`,
        before,
        after,
        change:
          difference === undefined
            ? signed(after === null ? null : after.mean - before.mean)
            : changeWithInterval(difference),
        ceiling: ceiling.skills[skill][measure].mean,
      };
    }),
  );
}

function resultTable(one: TemperatureResult, rows: readonly Row[], names: SideNames): string {
  const compared = one.after !== null;
  const heads = compared
    ? ["", escapeHtml(names.before), escapeHtml(names.after), "change", "ceiling", ""]
    : ["", "measured", "ceiling", ""];
  const body = rows.map((row) => {
    const meaning = row.meaning === undefined ? "" : ` <small>${escapeHtml(row.meaning)}</small>`;
    const cells = [
      `${escapeHtml(row.name)}${meaning}`,
      intervalCell(row.before),
      ...(compared ? [intervalCell(row.after), bracketsSmall(row.change)] : []),
      reward(row.ceiling),
    ];
    return `<tr${row.strong === true ? ' class="strong"' : ""}>${cells.map((cell) => `<td>${cell}</td>`).join("")}<td class="bar">${spanSvg(row)}</td></tr>`;
  });
  return `<div class="scroll"><table><thead><tr>${heads.map((head) => `<th>${head}</th>`).join("")}</tr></thead><tbody>${body.join("")}</tbody></table></div>`;
}

const intervalCell = (value: Interval | null): string => bracketsSmall(withInterval(value));

const bracketsSmall = (text: string): string =>
  escapeHtml(text).replace(/\[.*\]/, (brackets) => `<small>${brackets}</small>`);

/** Both means with their intervals on a line from 0 to 1. */
function spanSvg({ before, after, ceiling }: Row): string {
  const x = (value: number): string => (5 + Math.min(1, Math.max(0, value)) * 220).toFixed(1);
  const mark = (value: Interval | null, name: string, y: number): string =>
    value === null || !Number.isFinite(value.mean)
      ? ""
      : `<g class="${name}"><line class="half" x1="${x(value.low)}" x2="${x(value.high)}" y1="${y}" y2="${y}"/><circle cx="${x(value.mean)}" cy="${y}" r="3.4" stroke="none"/></g>`;
  const limit = Number.isFinite(ceiling)
    ? `<line class="ceiling" x1="${x(ceiling)}" x2="${x(ceiling)}" y1="1" y2="17"/>`
    : "";
  return `<svg class="span" viewBox="0 0 230 18" aria-hidden="true"><line class="track" x1="5" x2="225" y1="9" y2="9"/>${limit}${mark(before, "before", 6)}${mark(after, "after", 12)}</svg>`;
}
