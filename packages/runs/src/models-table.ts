// Several models side by side: total and strict success of each, without what each comparison has in a table of its own.
import { withInterval } from "./figures.js";
import { type SideNames, wayName } from "./measure-names.js";
import type { SplitResult } from "./summary.js";
import { type TextRow, textTable } from "./text-table.js";

/** A model compared with the one that all are compared with. */
export type NamedResult = { readonly names: SideNames; readonly result: SplitResult };

const measures = ["total", "strict"] as const;

/**
 * What `easel eval --run` ends with: the start, the last and the best checkpoint in one table.
 *
 * @param results at least one, of the same prompts drawn in the same ways, all against the same model
 */
export function modelsTable(results: readonly NamedResult[]): string {
  const [first] = results;
  if (first === undefined) return "";
  const { split, prompts, temperatures } = first.result;
  const rows = measures.flatMap((measure) =>
    temperatures.map((one, way): TextRow => {
      const after = results.map(({ result }) => result.temperatures[way]?.after?.measures[measure]);
      return [
        `${measure}, ${wayName(one)}`,
        withInterval(one.before.measures[measure]),
        ...after.map((found) => (found === undefined ? "" : withInterval(found))),
      ];
    }),
  );
  const header = ["", first.names.before, ...results.map(({ names }) => names.after)];
  return textTable([{ line: "" }, { line: `${split}, ${prompts} prompts, side by side` }, header, ...rows]);
}
