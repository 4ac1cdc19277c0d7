// `easel sft`: makes a decoder over a trained codec and trains it on shapeworld examples.
import { readFile } from "node:fs/promises";
import type { SftProgress, SftRecipe } from "@easel/training";
import type { Command } from "commander";
import { parse } from "yaml";
import { CliError } from "../errors.js";
import { wholeFrom } from "../option-values.js";
import { shippedPath } from "../shipped-path.js";

type SftOptions = {
  readonly config: string;
  readonly vq: string;
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
    .requiredOption("--vq <folder>", "the codec that `easel vq` wrote", shippedPath)
    .requiredOption("--out <folder>", "where the checkpoint is written, after every stage")
    .option("--from <checkpoint>", "go on from what an earlier stage wrote", shippedPath)
    .option("--stage <n>", "the stage to start with, with --from; the first is 1", wholeFrom(1), 1)
    .action(runSft);
}

function progressLine(recipe: SftRecipe, stage: number, p: SftProgress, seconds: number): string {
  const steps = recipe.stages[stage]?.steps ?? 0;
  return (
    `stage ${stage + 1}  step ${p.step}/${steps}  chain ${p.chain.toFixed(3)}  image ${p.image.toFixed(3)}  ` +
    `gradient ${p.gradientNorm.toFixed(2)}  ${seconds.toFixed(0)} s\n`
  );
}

async function runSft(options: SftOptions): Promise<void> {
  const { startEngine } = await import("@easel/engine");
  const { loadJanus, saveJanus } = await import("@easel/janus");
  const { isPolicyWeight, newNanoModel, readCodec, sftRecipeSchema, trainNanoDecoder } = await import(
    "@easel/training"
  );
  const recipe = sftRecipeSchema.parse(parse(await readFile(options.config, "utf8")));
  if ((options.from === undefined) !== (options.stage === 1) || options.stage > recipe.stages.length) {
    throw new CliError(
      "EASEL_CLI_OPTION",
      `--stage ${options.stage} and --from do not go together: ${options.config} has ${recipe.stages.length} stages. ` +
        "Give --from with the checkpoint of the stage before --stage, or neither to start anew.",
    );
  }
  await startEngine();
  const codec = await readCodec(options.vq);
  const model =
    options.from === undefined
      ? newNanoModel(recipe, codec.record.recipe.codec, codec.weights)
      : await loadJanus(options.from, { trainable: isPolicyWeight });
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
