// What `easel plan` does. Its options are in commands/plan.ts, the arithmetic in @easel/plan.
import { readFile } from "node:fs/promises";
import {
  ConfigError,
  compileRunConfig,
  compileSftConfig,
  isSceneRecipe,
  isSftOnPictures,
  type NamedText,
} from "@easel/config";
import {
  cardBytes,
  fits,
  gpuWorkspace,
  l40sRates,
  onCard,
  type PlanBasis,
  planRun,
  planSft,
  processorRates,
  processorWorkspace,
} from "@easel/plan";
import { plannedModel } from "./planned-model.js";
import { runPlanText, type Setting } from "./run-plan-text.js";
import { sftPlanText } from "./sft-plan-text.js";

/** The options of the command. */
export type PlanOptions = {
  readonly card?: string;
  readonly model?: string;
  readonly set: readonly string[];
  readonly promptTokens?: number;
  readonly chainTokens?: number;
  readonly json?: boolean;
};

/**
 * The plan of a configuration as text, or as JSON.
 * @throws ConfigError; PlanError `EASEL_PLAN_MODEL` and `EASEL_PLAN_CARD`
 */
export async function runPlan(path: string, options: PlanOptions): Promise<string> {
  const file = { name: path, text: await textOf(path) };
  if (isSceneRecipe(file)) {
    throw new ConfigError(
      "EASEL_CONFIG_INVALID",
      `${path} makes a model of the synthetic world, for which nothing is planned. Name settings of \`easel train\`, as ` +
        "configs/nano.yaml, or of `easel sft` on pictures, as configs/sft-got-r1-1b.yaml.",
    );
  }
  const card = options.card === undefined ? null : cardBytes(options.card);
  const basis: PlanBasis = {
    workspace: card === null ? processorWorkspace : gpuWorkspace,
    rates: card === null ? processorRates : l40sRates,
    ...(options.promptTokens === undefined ? {} : { prompt: options.promptTokens }),
    ...(options.chainTokens === undefined ? {} : { chain: options.chainTokens }),
  };
  return isSftOnPictures(file)
    ? await sftPlan(file, options, basis, card)
    : await trainPlan(file, options, basis, card);
}

async function trainPlan(
  file: NamedText,
  options: PlanOptions,
  basis: PlanBasis,
  card: number | null,
): Promise<string> {
  const config = compileRunConfig({ file, sets: options.set });
  const model = await plannedModel(options.model ?? config.model.checkpoint);
  const plan = planRun(config, model.config, basis);
  const verdict = card === null ? null : onCard(plan, card);
  if (options.json === true)
    return json({ config: file.name, model: model.from, card, ...plan, fits: verdict });
  const setting: Setting = { file: file.name, model, basis, card };
  return runPlanText(config, plan, verdict, setting);
}

async function sftPlan(
  file: NamedText,
  options: PlanOptions,
  basis: PlanBasis,
  card: number | null,
): Promise<string> {
  const config = compileSftConfig(file, options.set);
  const { checkpoint, imageSize } = config.model;
  const model = await plannedModel(options.model ?? checkpoint, imageSize ?? undefined);
  const plan = planSft(config, model.config, basis);
  const verdict = card === null ? null : { trainer: fits(plan.trainer.bytes, card) };
  if (options.json === true)
    return json({ config: file.name, model: model.from, card, ...plan, fits: verdict });
  return sftPlanText(config, plan, { file: file.name, model, basis, card });
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new ConfigError(
      "EASEL_CONFIG_UNREADABLE",
      `The configuration ${path} cannot be read. Name an existing file, for example configs/got-r1-1b.yaml.`,
      { cause },
    );
  }
}
