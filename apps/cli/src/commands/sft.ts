// `easel sft`: makes a decoder over a trained codec and trains it on shapeworld examples.
import { readFile } from "node:fs/promises";
import type { JanusModel } from "@easel/janus";
import type { SftProgress, SftRecipe } from "@easel/training";
import type { Command } from "commander";
import { parse } from "yaml";
import { CliError } from "../errors.js";
import { wholeFrom } from "../option-values.js";
import { shippedPath } from "../shipped-path.js";

type SftOptions = {
  readonly config: string;
  readonly vq?: string;
  readonly out: string;
  readonly from?: string;
  readonly stage: number;
};

/** Registers the command. */
export function addSftCommand(program: Command): void {
  program
    .command("sft")
    .description("train a decoder on shapeworld chains and pictures")
    .requiredOption("--config <file>", "settings, e.g. configs/nano-sft.yaml", shippedPath)
    .option("--vq <folder>", "the codec that `easel vq` wrote; needed to start anew", shippedPath)
    .requiredOption("--out <folder>", "where the checkpoint is written, after every stage")
    .option("--from <checkpoint>", "go on with this checkpoint's decoder and codec instead", shippedPath)
    .option(
      "--stage <n>",
      "the stage to start with; another than the first, 1, needs --from",
      wholeFrom(1),
      1,
    )
    .action(runSft);
}

function progressLine(recipe: SftRecipe, stage: number, p: SftProgress, seconds: number): string {
  const steps = recipe.stages[stage]?.steps ?? 0;
  return (
    `stage ${stage + 1}  step ${p.step}/${steps}  chain ${p.chain.toFixed(3)}  image ${p.image.toFixed(3)}  ` +
    `gradient ${p.gradientNorm.toFixed(2)}  ${seconds.toFixed(0)} s\n`
  );
}

/** @throws CliError `EASEL_CLI_OPTION` when the options do not say where to start */
function checkOptions({ config, from, stage, vq }: SftOptions, stages: number): void {
  if (stage > stages) {
    throw new CliError(
      "EASEL_CLI_OPTION",
      `--stage ${stage}: ${config} has ${stages} stages. Give one of them.`,
    );
  }
  if (from === undefined && (vq === undefined || stage > 1)) {
    throw new CliError(
      "EASEL_CLI_OPTION",
      "Give --vq with the codec to start anew with the first stage, or --from with a checkpoint to go on with.",
    );
  }
  if (from !== undefined && vq !== undefined) {
    throw new CliError(
      "EASEL_CLI_OPTION",
      "--from brings its own codec. Leave out --vq, or leave out --from to start anew.",
    );
  }
}

async function runSft(options: SftOptions): Promise<void> {
  const { startEngine } = await import("@easel/engine");
  const { loadJanus, saveJanus } = await import("@easel/janus");
  const { isPolicyWeight, newNanoModel, readCodec, sftRecipeSchema, trainNanoDecoder } = await import(
    "@easel/training"
  );
  const recipe = sftRecipeSchema.parse(parse(await readFile(options.config, "utf8")));
  checkOptions(options, recipe.stages.length);
  await startEngine();
  const start = async (): Promise<JanusModel> => {
    if (options.from !== undefined) return await loadJanus(options.from, { trainable: isPolicyWeight });
    const { record, weights } = await readCodec(options.vq ?? "");
    return newNanoModel(recipe, record.recipe.codec, weights);
  };
  const model = await start();
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  await trainNanoDecoder(recipe, model, {
    firstStage: options.stage - 1,
    onProgress: (stage, progress) =>
      void process.stdout.write(progressLine(recipe, stage, progress, seconds())),
    onStage: async () => {
      await saveJanus(options.out, model);
    },
  });
  process.stdout.write(`wrote ${options.out} after ${seconds().toFixed(0)} s\n`);
}
