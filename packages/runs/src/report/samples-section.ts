// The grid of prompts: what the model planned and drew before and after training.
import { reward } from "../figures.js";
import { temperatureName } from "../measure-names.js";
import type { StoredSample } from "../sample-record.js";
import { escapeHtml } from "./html.js";
import { chainHtml, planSvg } from "./plan-svg.js";

/** Samples of two phases at one temperature, the same prompts in both. */
export type SamplePairs = {
  readonly before: readonly StoredSample[];
  readonly after: readonly StoredSample[];
};

/** The grid, or an empty text without samples. */
export function samplesSection(pairs: SamplePairs): string {
  const prompts = [...new Set([...pairs.before, ...pairs.after].map(({ record }) => record.promptIndex))];
  if (prompts.length === 0) return "";
  const first = (pairs.before[0] ?? pairs.after[0])?.record;
  const cards = prompts
    .sort((a, b) => a - b)
    .map((prompt) => {
      const of = (samples: readonly StoredSample[]): StoredSample | undefined =>
        samples.find(({ record }) => record.promptIndex === prompt);
      const [before, after] = [of(pairs.before), of(pairs.after)];
      const text = (after ?? before)?.record;
      return (
        `<article class="sample"><h4>${escapeHtml(text?.prompt ?? "")} <span class="note">${escapeHtml(text?.skill ?? "")}</span></h4>` +
        `<div class="pair">${sampleHtml("before", before)}${sampleHtml("after", after)}</div></article>`
      );
    });
  return (
    `<h3>${escapeHtml(temperatureName(first?.temperature ?? 1))}, seed ${first?.seed ?? 0}</h3>` +
    `<div class="samples">${cards.join("")}</div>`
  );
}

/** One picture with its plan, its scores and its chain; `name` says whose it is. */
export function sampleHtml(name: string, sample: StoredSample | undefined): string {
  if (sample === undefined) return `<div><p class="note">${name}: not kept</p></div>`;
  const { record } = sample;
  const verdict =
    record.score === null
      ? "not scored"
      : `total ${reward(record.score.total)} · strict ${record.score.strict ? '<span class="yes">✓ yes</span>' : '<span class="no">✗ no</span>'}`;
  const factors =
    record.score === null
      ? ""
      : (["sem", "spa", "pi", "ri", "q"] as const)
          .map((factor) => `${factor}\u00a0${(record.score?.[factor] ?? 0).toFixed(2).replace(/^0/, "")}`)
          .join("  ");
  const forced = record.forcedBoi ? ' <span class="no">chain cut off at the cap</span>' : "";
  return (
    `<div>${planSvg(sample)}<p><b>${name}</b> · ${verdict}${forced}<br><span class="note">${factors}</span></p>` +
    `<p class="chain">${chainHtml(record)}</p></div>`
  );
}
