// From the options of `easel eval` to what is measured and compared. Reads configurations and digests; draws nothing.
import { statSync } from "node:fs";
import { decodeRows } from "@easel/config";
import {
  findRunFolder,
  type ModelEvaluation,
  readBestPolicy,
  readEvaluation,
  readRunConfig,
  runSides,
  type SideNames,
} from "@easel/runs";
import type { WeightStorage } from "@easel/training";
import { trainedPolicy } from "../conclusion/trained-policy.js";
import { CliError } from "../errors.js";
import { shippedPath } from "../shipped-path.js";
import { type ModelUnderTest, modelAt } from "./model-under-test.js";

/** The options that say what to measure. */
export type EvalSubjects = {
  readonly checkpoint?: string;
  readonly policy?: string;
  readonly loraAlpha?: number;
  readonly run?: string;
  readonly root: string;
  readonly against?: string;
  readonly againstPolicy?: string;
};

/** Two of the evaluations, by their places. */
export type PlannedPair = { readonly before: number; readonly after: number; readonly names: SideNames };

/** What to do. Evaluations are numbered: the saved one first, if there is one, then the models in order. */
export type EvalPlan = {
  readonly saved: ModelEvaluation | null;
  readonly models: readonly ModelUnderTest[];
  /** None for one model alone. The first one's pictures are shown. */
  readonly pairs: readonly PlannedPair[];
  /** What is printed before the tables. */
  readonly lines: readonly string[];
  /** Settings of the run that is measured, for options that were not given. */
  readonly defaults: {
    readonly guidance?: number;
    readonly textCap?: number;
    readonly seed?: number;
    readonly rows?: number;
    readonly weights?: WeightStorage;
  };
};

const sides: SideNames = { before: "A", after: "B" };

/**
 * Reads what is to be measured.
 *
 * @throws CliError `EASEL_CLI_OPTION` when the options name nothing, or too much
 */
export async function evalPlan(options: EvalSubjects): Promise<EvalPlan> {
  const { checkpoint, policy, loraAlpha, run, against, againstPolicy } = options;
  if (run !== undefined) {
    if (checkpoint !== undefined || policy !== undefined || against !== undefined) {
      throw wrong(
        "--run measures a run's own checkpoints. Leave out --checkpoint, --policy and --against, or leave out --run.",
      );
    }
    return await planOfRun(options.root, run);
  }
  if (checkpoint === undefined) {
    throw wrong(
      "Nothing to measure. Pass --checkpoint with a checkpoint's folder, or --run with a run's id.",
    );
  }
  const model = await modelAt(checkpoint, policy, loraAlpha);
  const base = { saved: null, lines: [], defaults: {} };
  if (against !== undefined) {
    const isSaved = statSync(against, { throwIfNoEntry: false })?.isFile() === true;
    if (isSaved && againstPolicy !== undefined) {
      throw wrong(
        `${against} is a saved evaluation, over which no policy can be laid. Leave out --against-policy.`,
      );
    }
    const saved = isSaved ? await readEvaluation(against) : null;
    const baseline = saved === null ? [await modelAt(against, againstPolicy)] : [];
    return {
      ...base,
      saved,
      models: [...baseline, model],
      pairs: [{ before: 0, after: 1, names: sides }],
      lines: [
        `A, the baseline: ${saved?.name ?? baseline[0]?.name ?? against}`,
        `B, measured against it: ${model.name}`,
      ],
    };
  }
  if (againstPolicy !== undefined)
    throw wrong("--against-policy needs --against with the checkpoint it belongs to.");
  if (model.policyFile === null || policy === undefined) return { ...base, models: [model], pairs: [] };
  const start: ModelUnderTest = {
    name: model.checkpoint,
    checkpoint: model.checkpoint,
    policyFile: null,
    alpha: undefined,
  };
  return { ...base, models: [start, model], pairs: [{ before: 0, after: 1, names: runSides }] };
}

/** A run's start against its last checkpoint and against the one that was best on dev. */
async function planOfRun(root: string, run: string): Promise<EvalPlan> {
  const folder = await findRunFolder(root, run);
  const config = await readRunConfig(folder);
  const checkpoint = shippedPath(config.model.checkpoint);
  const alpha = config.model.lora?.alpha;
  const policy = (file: string): ModelUnderTest => ({ name: file, checkpoint, policyFile: file, alpha });
  const last = policy(await trainedPolicy(folder.checkpoints));
  const best = await readBestPolicy(folder);
  const start: ModelUnderTest = { name: checkpoint, checkpoint, policyFile: null, alpha: undefined };
  const lastPair: PlannedPair = { before: 0, after: 1, names: { before: "start", after: "last" } };
  const bestPair: PlannedPair = { before: 0, after: 2, names: { before: "start", after: "best on dev" } };
  return {
    saved: null,
    models: [start, last, ...(best === null ? [] : [policy(best.file)])],
    pairs: [lastPair, ...(best === null ? [] : [bestPair])],
    lines: [
      `start: ${start.name}`,
      `last: ${last.name}`,
      best === null
        ? "best on dev: none was kept; a run keeps it at each evaluation on its dev prompts"
        : `best on dev: ${best.file}, ${best.step === 0 ? "before the first update" : `after update ${best.step}`}, chosen by its total of ${best.total.toFixed(3)} on the dev prompts during the run`,
    ],
    defaults: {
      guidance: config.rollout.guidanceScale,
      textCap: config.rollout.textCap,
      seed: config.run.seed,
      // As at the end of the run, whose samples are then in the cache.
      rows: decodeRows(config),
      // A run from before there was such a setting has none.
      weights: config.model.weights ?? "float32",
    },
  };
}

function wrong(message: string): CliError {
  return new CliError("EASEL_CLI_OPTION", message);
}
