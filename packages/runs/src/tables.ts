// The tables that end a run and that `easel eval` prints: one model, or two with their difference. Plain text without colours.
import { changeWithInterval, reward, signed, sumOf, whole, withInterval } from "./figures.js";
import { measureNames, runSides, type SideNames, skillNames, wayName } from "./measure-names.js";
import type { Fates, RunSummary, SplitResult, TemperatureResult } from "./summary.js";
import { type TextRow, textTable } from "./text-table.js";

/**
 * All of one split: for each way of drawing the rewards, then total and strict success by skill; the ceiling beside each.
 * Skills are left out at other temperatures than the first. With several seeds, these stand side by side at the end.
 */
export function splitTable(result: SplitResult, names: SideNames = runSides): string {
  const { split, prompts, ceiling, temperatures } = result;
  const rows = temperatures.flatMap((one, index): TextRow[] => [
    ...(index === 0 ? [] : [{ line: "" }]),
    {
      line: `${split}, ${wayName(one)}: ${prompts} prompts x ${one.samplesPerPrompt}, 95 % intervals over prompts`,
    },
    header(one, names),
    ...measureNames.map((measure) => [
      measure,
      withInterval(one.before.measures[measure]),
      ...(one.after === null
        ? []
        : [withInterval(one.after.measures[measure]), changeWithInterval(one.difference?.[measure])]),
      reward(ceiling.measures[measure].mean),
    ]),
    ...(one.temperature === temperatures[0]?.temperature ? skillRows(one, result) : []),
  ]);
  return textTable(rows) + seedTable(result, names);
}

function header(one: TemperatureResult, names: SideNames): readonly string[] {
  return one.after === null
    ? ["", "measured", "ceiling"]
    : ["", names.before, names.after, "change", "ceiling"];
}

const skillMeasures = ["total", "strict"] as const;

function skillRows(one: TemperatureResult, { ceiling }: SplitResult): TextRow[] {
  return skillMeasures.flatMap((measure) => [
    [`${measure} by skill`],
    ...skillNames.map((skill) => {
      const before = one.before.skills[skill][measure];
      const after = one.after?.skills[skill][measure];
      const difference = one.skillDifferences?.[skill]?.[measure];
      return [
        `  ${skill}`,
        withInterval(before),
        ...(after === undefined
          ? []
          : [
              withInterval(after),
              difference === undefined
                ? alone(signed(after.mean - before.mean))
                : changeWithInterval(difference),
            ]),
        reward(ceiling.skills[skill][measure].mean),
      ];
    }),
  ]);
}

/** Total and strict success of each seed in a row of its own: no number here is over several seeds. */
function seedTable({ temperatures }: SplitResult, names: SideNames): string {
  const seeded = temperatures.filter(({ temperature }) => temperature > 0);
  const seeds = new Set(seeded.map(({ seed }) => seed));
  const [first] = seeded;
  if (seeds.size < 2 || first === undefined) return "";
  const rows = skillMeasures.flatMap((measure): TextRow[] => [
    [`${measure} by seed`, ...header(first, names).slice(1, -1)],
    ...seeded.map((one) => [
      `  ${wayName(one)}`,
      withInterval(one.before.measures[measure]),
      ...(one.after === null
        ? []
        : [withInterval(one.after.measures[measure]), changeWithInterval(one.difference?.[measure])]),
    ]),
  ]);
  return textTable([{ line: "" }, { line: "each seed apart; nothing is pooled over seeds" }, ...rows]);
}

/** A number without an interval, under the numbers that have one. */
const alone = (text: string): string => text + " ".repeat(" [+.000, +.000]".length);

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
