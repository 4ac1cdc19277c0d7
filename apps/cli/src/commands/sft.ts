// `easel sft`: makes a decoder over a trained codec and trains it on shapeworld examples.
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { parse } from "yaml";

/** Registers the command. */
export function addSftCommand(program: Command): void {
  program
    .command("sft")
    .description("train a decoder on shapeworld chains and pictures")
    .requiredOption("--config <file>", "settings, e.g. configs/nano-sft.yaml")
    .requiredOption("--vq <folder>", "the codec that `easel vq` wrote")
    .requiredOption("--out <folder>", "where the checkpoint is written")
    .action(async (options: { config: string; vq: string; out: string }) => {
      // Loaded here, so that other commands start without the engine.
      const [{ startEngine }, { saveJanus }, training] = await Promise.all([
        import("@easel/engine"),
        import("@easel/janus"),
        import("@easel/training"),
      ]);
      const { newNanoModel, readCodec, sftRecipeSchema, trainNanoDecoder } = training;
      const recipe = sftRecipeSchema.parse(parse(await readFile(options.config, "utf8")));
      await startEngine();
      const codec = await readCodec(options.vq);
      const model = newNanoModel(recipe, codec.record.recipe.codec, codec.weights);
      const started = Date.now();
      await trainNanoDecoder(recipe, model, (stage, p) => {
        process.stdout.write(
          `stage ${stage + 1}  step ${p.step}/${recipe.stages[stage]?.steps ?? 0}  chain ${p.chain.toFixed(3)}  ` +
            `image ${p.image.toFixed(3)}  gradient ${p.gradientNorm.toFixed(2)}  ${((Date.now() - started) / 1000).toFixed(0)} s\n`,
        );
      });
      await saveJanus(options.out, model);
      process.stdout.write(`wrote ${options.out} after ${((Date.now() - started) / 1000).toFixed(0)} s\n`);
    });
}
