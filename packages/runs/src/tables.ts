// The before/after tables that end a run and that `easel eval` prints. Plain text without colours.
import { reward, signed, sumOf, whole, withInterval } from "./figures.js";
import { measureNames, skillNames, temperatureName } from "./measure-names.js";
import type { Fates, RunSummary, SplitResult, TemperatureResult } from "./summary.js";
import { type TextRow, textTable } from "./text-table.js";

/** All of one split: per temperature the rewards, then total and strict success by skill; the ceiling beside each. */
export function splitTable(result: SplitResult): string {
  const { split, prompts, ceiling, temperatures } = result;
  const rows = temperatures.flatMap((one, index): TextRow[] => [
    ...(index === 0 ? [] : [{ line: "" }]),
    {
      line: `${split}, ${temperatureName(one.temperature)}: ${prompts} prompts x ${one.samplesPerPrompt}, 95 % intervals over prompts`,
    },
    header(one),
    ...measureNames.map((measure) => [
      measure,
      withInterval(one.before.measures[measure]),
      ...(one.after === null
        ? []
        : [
            withInterval(one.after.measures[measure]),
            one.difference === null ? "–" : withInterval(asInterval(one.difference[measure]), signed),
          ]),
      reward(ceiling.measures[measure].mean),
    ]),
    ...(index === 0 ? skillRows(one, result) : []),
  ]);
  return textTable(rows);
}

function header(one: TemperatureResult): readonly string[] {
  return one.after === null ? ["", "measured", "ceiling"] : ["", "before", "after", "change", "ceiling"];
}

function skillRows(one: TemperatureResult, { ceiling }: SplitResult): TextRow[] {
  const block = (title: string, measure: "total" | "strict"): TextRow[] => [
    [title],
    ...skillNames.map((skill) => {
      const before = one.before.skills[skill][measure];
      const after = one.after?.skills[skill][measure];
      return [
        `  ${skill}`,
        withInterval(before),
        ...(after === undefined ? [] : [withInterval(after), alone(signed(after.mean - before.mean))]),
        reward(ceiling.skills[skill][measure].mean),
      ];
    }),
  ];
  return [...block("total by skill", "total"), ...block("strict by skill", "strict")];
}

/** A number without an interval, under the numbers that have one. */
const alone = (text: string): string => text + " ".repeat(" [+.000, +.000]".length);

function asInterval(one: { readonly difference: number; readonly low: number; readonly high: number }) {
  return { mean: one.difference, low: one.low, high: one.high };
}

/** "1,024 groups: 1,000 trained, 20 dropped (18 stale, 2 zero_advantage), 0 dead, 4 in flight" */
export function fatesLine(what: string, fates: Fates): string {
  const part = (name: string, counts: Readonly<Record<string, number>>): string => {
    const reasons = Object.entries(counts).map(([reason, count]) => `${whole(count)} ${reason}`);
    return `${whole(sumOf(counts))} ${name}${reasons.length === 0 ? "" : ` (${reasons.join(", ")})`}`;
  };
  const parts = [
    `${whole(fates.trained)} trained`,
    part("dropped", fates.dropped),
    part("dead", fates.dead),
    `${whole(fates.inFlight)} in flight`,
  ];
  return `${whole(fates.issued)} ${what}: ${parts.join(", ")}`;
}

/** What the end of a run prints: the table of the test split, or of dev where test was not measured. */
export function endTable(summary: RunSummary): string {
  const { test, dev } = summary.results;
  const result = test ?? dev;
  return result === null ? "Nothing was evaluated in this run.\n" : splitTable(result);
}
