// Two models side by side as one file for a person who has nothing else: tables, and the same prompts drawn by both from the
// same seeds, with the planned boxes over the pictures. No script, nothing loaded from elsewhere. A run's report is report.ts.
import { reward, signed, whole } from "../figures.js";
import { type SideNames, skillNames, wayName } from "../measure-names.js";
import type { SplitResult } from "../summary.js";
import { type ComparedPrompt, type ComparedPrompts, sameWithin } from "./compared-prompts.js";
import { escapeHtml } from "./html.js";
import { pageStyle } from "./page-style.js";
import { orderInputs, orderLabels, orderStyle, placesOf } from "./prompt-order.js";
import { splitSection, tile } from "./results-section.js";
import { sampleHtml } from "./samples-section.js";
import { settingsTable } from "./settings-section.js";

/** Everything the page is made of. */
export type ComparisonContent = {
  readonly title: string;
  /** Short names for columns and captions. */
  readonly names: SideNames;
  /** What each of the two is, in words. */
  readonly models: SideNames;
  /** `before` is the baseline. Both sides of every entry must be there. */
  readonly result: SplitResult;
  readonly grids: readonly ComparedPrompts[];
  /** How it was measured, as JSON. */
  readonly settings: unknown;
  /** What a reader must know, a sentence each. */
  readonly notes: readonly string[];
};

/** The page. Pure. */
export function comparisonHtml(content: ComparisonContent): string {
  const { title, names, models, result, grids, settings, notes } = content;
  const caveats = [...notes, ...generalCaveats(content)];
  const side = (name: string, what: string): string =>
    `<tr><td><b>${escapeHtml(name)}</b></td><td>${escapeHtml(what)}</td></tr>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${pageStyle}${orderStyle}</style></head>
<body>${orderInputs}<h1>${escapeHtml(title)}</h1>
<p class="muted">${whole(result.prompts)} ${result.split} prompts; every change is ${escapeHtml(names.after)} minus ${escapeHtml(names.before)}, paired by prompt</p>
<table class="models" style="width:auto"><tbody>${side(names.before, models.before)}${side(names.after, models.after)}</tbody></table>
${headline(content)}
<section><h2>Results</h2>${tables(result, names)}</section>
${grids.map((grid) => picturesSection(grid, result, names)).join("\n")}
<section><h2>Caveats</h2><ul class="caveats">${caveats.map((one) => `<li>${escapeHtml(one)}</li>`).join("")}</ul></section>
<section><h2>Settings</h2>${settingsTable(settings)}</section>
</body></html>
`;
}

/** The first way of drawing in full; the others, which the tiles sum up, are folded away before the pictures. */
function tables(result: SplitResult, names: SideNames): string {
  const [first, ...others] = result.temperatures;
  if (first === undefined) return "";
  const more = others.map((one) => {
    const inside = splitSection({ ...result, temperatures: [one] }, names, true);
    return `<details><summary>${escapeHtml(wayName(one))}</summary>${inside}</details>`;
  });
  return splitSection({ ...result, temperatures: [first] }, names, true) + more.join("");
}

/** Total and strict success for each way of drawing, and on how many prompts each side is ahead. */
function headline({ result, grids, names }: ComparisonContent): string {
  const tiles = result.temperatures.flatMap((one) =>
    (["total", "strict"] as const).map((measure) => {
      const change = one.difference?.[measure];
      return tile(
        `${measure === "total" ? "total reward" : "strict success"}, ${unbroken(wayName(one))}`,
        `${reward(one.before.measures[measure].mean)} → ${reward(one.after?.measures[measure].mean)}`,
        change === undefined ? "" : verdict(change, names),
      );
    }),
  );
  const ahead = grids.map(({ name, counts }) =>
    tile(
      `prompts, ${unbroken(name)}`,
      `${whole(counts.better)} better, ${whole(counts.worse)} worse`,
      `${whole(counts.same)} within ${reward(sameWithin)} of each other; by the mean total of a prompt's images`,
    ),
  );
  return `<div class="tiles">${[...tiles, ...ahead].join("")}</div>`;
}

/** Keeps a number on the line of what it counts. */
const unbroken = (text: string): string => text.replace(/ (?=\d)/g, "\u00a0");

/** The change with its interval, and in words whether it can be told from none. */
function verdict(
  { difference, low, high }: { readonly difference: number; readonly low: number; readonly high: number },
  names: SideNames,
): string {
  const said =
    low > 0
      ? `${names.after} is better`
      : high < 0
        ? `${names.before} is better`
        : low === 0 && high === 0
          ? "no difference"
          : "not told apart: the interval holds 0";
  return `${signed(difference)} [${signed(low)}, ${signed(high)}], ${said}`;
}

function picturesSection({ name, shown }: ComparedPrompts, result: SplitResult, names: SideNames): string {
  const places = placesOf(shown);
  const cards = shown.map((prompt, index) => card(prompt, places[index] ?? "", names));
  const cut =
    shown.length === result.prompts
      ? "All prompts."
      : `The first ${whole(shown.length)} of ${whole(result.prompts)} prompts, which hold all skills alike and were not chosen; more pictures would make the page too large. The tables are of all.`;
  return (
    `<section><h2>Pictures, ${escapeHtml(name)}</h2>` +
    `<p class="note">${cut} Both drew from the same seeds. Boxes are the plan that the model wrote before it drew. The number at the right is the change of the prompt's mean total.</p>` +
    `${orderLabels}<div class="samples">${cards.join("")}</div></section>`
  );
}

function card(prompt: ComparedPrompt, places: string, names: SideNames): string {
  const { before, after, change } = prompt;
  const images = Math.max(before.length, after.length);
  const caption = (name: string, index: number): string =>
    images === 1 ? escapeHtml(name) : `${escapeHtml(name)}, image ${index + 1}`;
  const pairs = Array.from(
    { length: images },
    (_, index) =>
      `<div class="pair">${sampleHtml(caption(names.before, index), before[index])}${sampleHtml(caption(names.after, index), after[index])}</div>`,
  );
  const more = images === 2 ? "1 more image of each" : `${images - 1} more images of each`;
  const rest = images < 2 ? "" : `<details><summary>${more}</summary>${pairs.slice(1).join("")}</details>`;
  const tone = change > 0 ? "yes" : change < 0 ? "no" : "note";
  const skill = skillNames.find((name) => name === prompt.skill) ?? "";
  return (
    `<article class="sample" data-skill="${skill}" style="${places}"><h4><span class="change ${tone}">${signed(change)}</span>` +
    `${escapeHtml(prompt.prompt)} <span class="note">${escapeHtml(prompt.skill)}</span></h4>${pairs[0] ?? ""}${rest}</article>`
  );
}

function generalCaveats({ result }: ComparisonContent): string[] {
  const seeded = result.temperatures.filter(({ temperature }) => temperature > 0);
  const seeds = new Set(seeded.map(({ seed }) => seed));
  return [
    "Intervals come from resampling prompts; all images of a prompt are one cluster, so more images of the same prompts narrow them only as far as the images of a prompt differ. They do not cover another seed of training.",
    ...(seeds.size > 1
      ? [
          "Each seed of the draws stands apart; no number here is pooled over seeds. Pictures are of the first seed.",
        ]
      : []),
    ...(result.split === "test"
      ? [
          "These are the test prompts. Whoever chooses a checkpoint by them has no test set any more; choose on dev.",
        ]
      : [
          "These are the dev prompts. Where a checkpoint was chosen by them, its score here is too good; the test prompts tell.",
        ]),
    "A change at temperature 1 can be sharper sampling alone; near-greedy decoding is not moved by it.",
  ];
}
