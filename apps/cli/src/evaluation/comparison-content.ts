// What the page of two models shows, out of their evaluations. How it looks is the runs package's.
import { basename } from "node:path";
import {
  type ComparisonContent,
  comparedPrompts,
  type ModelEvaluation,
  type SideNames,
  type SplitResult,
  wayName,
} from "@easel/runs";
import { notesOf } from "./split-result.js";

/** Pictures of a page, as PNG: more would make it slow to open. */
const mostPictureBytes = 48 * 1024 * 1024;

/** The page's content. Pictures are of the first seed, in every temperature and guidance scale. */
export function comparisonContent(
  before: ModelEvaluation,
  after: ModelEvaluation,
  names: SideNames,
  result: SplitResult,
): ComparisonContent {
  const [first] = before.drawn;
  const shown = before.drawn.flatMap((one, index) => {
    const other = after.drawn[index];
    return other === undefined || one.key.seed !== first?.key.seed ? [] : [{ one, other }];
  });
  return {
    title: `${shortName(after, names.after)} against ${shortName(before, names.before)}, ${result.split} prompts`,
    names,
    models: { before: before.name, after: after.name },
    result,
    grids: shown.map(({ one, other }) =>
      comparedPrompts(wayName(one.key), one.samples, other.samples, one.key, mostPictureBytes / shown.length),
    ),
    settings: {
      split: result.split,
      prompts: result.prompts,
      "prompt seed": result.seed,
      temperatures: listOf(before, "temperature"),
      "guidance scales": listOf(before, "guidanceScale"),
      "seeds of the draws": listOf(before, "seed"),
      "longest chain": first?.key.textCap ?? null,
      rewards: { ...first?.key.rewards },
      [names.before]: identity(before),
      [names.after]: identity(after),
    },
    notes: notesOf(before, after),
  };
}

/** The last part of a path; the short name where a policy lies over a checkpoint. */
function shortName({ name }: ModelEvaluation, otherwise: string): string {
  return name.includes(" over ") || basename(name) === "policy.safetensors" ? otherwise : basename(name);
}

function listOf(evaluation: ModelEvaluation, part: "temperature" | "guidanceScale" | "seed"): number[] {
  return [...new Set(evaluation.drawn.map(({ key }) => key[part]))];
}

function identity({ drawn }: ModelEvaluation): Readonly<Record<string, unknown>> {
  const key = drawn[0]?.key;
  return { checkpoint: key?.checkpoint, policy: key?.policy ?? "none", engine: key?.fingerprint };
}
