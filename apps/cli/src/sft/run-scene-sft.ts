// `easel sft` on the synthetic world: a decoder over a trained codec, or on from a checkpoint, in stages.
import { startEngine } from "@easel/engine";
import { type JanusModel, loadJanus, saveJanus } from "@easel/janus";
import {
  isPolicyWeight,
  newNanoModel,
  readCodec,
  type SftProgress,
  type SftRecipe,
  sftRecipeSchema,
  trainNanoDecoder,
} from "@easel/training";
import { parse } from "yaml";
import { CliError } from "../errors.js";
import type { SftOptions } from "./sft-options.js";

function progressLine(recipe: SftRecipe, stage: number, p: SftProgress, seconds: number): string {
  const steps = recipe.stages[stage]?.steps ?? 0;
  return (
    `stage ${stage + 1}  step ${p.step}/${steps}  chain ${p.chain.toFixed(3)}  image ${p.image.toFixed(3)}  ` +
    `gradient ${p.gradientNorm.toFixed(2)}  ${seconds.toFixed(0)} s\n`
  );
}

/** @throws CliError `EASEL_CLI_OPTION` when the options do not say where to start */
function checkOptions({ config, from, stage, vq, ...others }: SftOptions, stages: number): void {
  if (others.resume === true || others.set.length > 0 || others.data !== undefined) {
    throw new CliError(
      "EASEL_CLI_OPTION",
      `--resume, --set and --data are for training on pictures; ${config} is for shapeworld. Leave them out; --from and --stage go on.`,
    );
  }
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

/** Trains and writes the checkpoint after every stage. */
export async function runSceneSft(options: SftOptions, text: string): Promise<void> {
  const recipe = sftRecipeSchema.parse(parse(text));
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
