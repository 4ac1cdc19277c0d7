// What `easel eval` does. Its options are in commands/eval.ts, which loads this file when it is needed.
import { join } from "node:path";
import {
  comparisonHtml,
  evaluationCache,
  type ModelEvaluation,
  modelsTable,
  requireComparable,
  type SideNames,
  type SplitResult,
  splitTable,
  writeEvaluation,
  writeFileAtomic,
} from "@easel/runs";
import { cacheFolder } from "../cache-folder.js";
import { CliError } from "../errors.js";
import { startChosenEngine } from "../model/chosen-engine.js";
import { comparisonContent } from "./comparison-content.js";
import { type EvalPlan, type EvalSubjects, evalPlan } from "./eval-plan.js";
import { evaluationKeys, measureModels, type SplitToMeasure } from "./measure-models.js";
import { type DrawOptions, measureOptions } from "./measure-options.js";
import { identityOf } from "./model-under-test.js";
import { notesOf, splitResult } from "./split-result.js";

/** The options of the command. */
export type EvalOptions = EvalSubjects &
  DrawOptions & {
    readonly split: "dev" | "test";
    readonly prompts: number;
    readonly samples: number;
    readonly json?: string;
    readonly page?: string;
    readonly save?: string;
    readonly cache: boolean;
  };

/** Measures, prints the tables, and writes numbers, page and samples where they are wanted. */
export async function runEval(options: EvalOptions): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const plan = await evalPlan(options);
  checkOutputs(options, plan);
  const split: SplitToMeasure = {
    split: options.split,
    prompts: options.prompts,
    samplesPerPrompt: options.samples,
  };
  const how = await measureOptions(options, plan);
  const engine = await startChosenEngine(process.env, say);
  if (options.split === "test") say("test prompts: for final tables; choose and tune on dev");
  const { saved, models, pairs, lines } = plan;
  const [measured] = models.slice(-1);
  if (saved !== null && measured !== undefined) {
    const keys = evaluationKeys(split, how, await identityOf(measured), engine);
    // Before anything is drawn, which may take long.
    requireComparable(
      { ...saved, name: options.against ?? saved.name },
      {
        ...saved,
        name: measured.name,
        drawn: keys.map((key) => ({ key, samples: [] })),
      },
    );
  }
  const drawn = await measureModels(models, [split], how, {
    engine,
    cache: options.cache ? evaluationCache(join(cacheFolder(process.env), "evaluations")) : null,
    say,
    nowMs: Date.now,
  });
  const evaluations = [...(saved === null ? [] : [saved]), ...drawn.flat()];
  const comparisons = comparisonsOf(evaluations, pairs);
  for (const line of lines) process.stdout.write(`${line}\n`);
  for (const { names, notes, result } of comparisons) {
    process.stdout.write(`${lines.length === 0 ? "" : "\n"}${splitTable(result, names)}`);
    for (const note of notes) process.stdout.write(`${note}\n`);
  }
  const named = comparisons.flatMap(({ names, result }) => (names === undefined ? [] : [{ names, result }]));
  if (named.length > 1) process.stdout.write(modelsTable(named));
  if (options.json !== undefined) {
    const [only] = comparisons;
    const content = plan.pairs.length > 1 ? { comparisons: comparisons.map(asJson) } : only && asJson(only);
    await writeFileAtomic(options.json, `${JSON.stringify({ engine, ...content }, null, 2)}\n`);
    say(`wrote ${options.json}`);
  }
  await writeSamples(options, plan, evaluations, say);
}

/** @throws CliError `EASEL_CLI_OPTION` for an output that cannot be made of what is measured. */
function checkOutputs({ page, save }: EvalOptions, { pairs, lines }: EvalPlan): void {
  if (page !== undefined && pairs.length === 0) {
    throw new CliError(
      "EASEL_CLI_OPTION",
      "--page shows two models side by side. Name the other one with --against, or measure before and after with --policy or --run.",
    );
  }
  if (save !== undefined && (pairs.length > 1 || (pairs.length === 1 && lines.length === 0))) {
    throw new CliError(
      "EASEL_CLI_OPTION",
      "--save keeps one model. Name it alone with --checkpoint, which may be the folder of a run's checkpoint.",
    );
  }
}

/** One table: of one model, or of two. */
type Table = {
  readonly names?: SideNames;
  readonly models: { readonly before: string; readonly after: string | null };
  readonly notes: readonly string[];
  readonly result: SplitResult;
};

const asJson = ({ result, ...rest }: Table) => ({ ...rest, ...result });

function comparisonsOf(evaluations: readonly ModelEvaluation[], pairs: EvalPlan["pairs"]): readonly Table[] {
  const [first] = evaluations;
  if (pairs.length === 0 && first !== undefined) {
    return [
      {
        models: { before: first.name, after: null },
        notes: notesOf(first, null),
        result: splitResult(first, null),
      },
    ];
  }
  return pairs.flatMap(({ before, after, names }) => {
    const [one, other] = [evaluations[before], evaluations[after]];
    if (one === undefined || other === undefined) return [];
    const models = { before: one.name, after: other.name };
    return [{ names, models, notes: notesOf(one, other), result: splitResult(one, other) }];
  });
}

async function writeSamples(
  { page, save }: EvalOptions,
  { pairs }: EvalPlan,
  evaluations: readonly ModelEvaluation[],
  say: (line: string) => void,
): Promise<void> {
  const last = evaluations.at(-1);
  if (save !== undefined && last !== undefined) {
    await writeEvaluation(save, last);
    say(`wrote ${save}`);
  }
  const [pair] = pairs;
  if (page === undefined || pair === undefined) return;
  const [one, other] = [evaluations[pair.before], evaluations[pair.after]];
  if (one === undefined || other === undefined) return;
  const content = comparisonContent(one, other, pair.names, splitResult(one, other));
  await writeFileAtomic(page, comparisonHtml(content));
  say(`wrote ${page}`);
}
