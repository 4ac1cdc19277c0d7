// `easel vq`: trains a picture codec on shapeworld.
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { parse } from "yaml";
import { wholeFrom } from "../option-values.js";
import { shippedPath } from "../shipped-path.js";
import { withSteps } from "./vq-steps.js";

/** Registers the command. */
export function addVqCommand(program: Command): void {
  program
    .command("vq")
    .description("train a picture codec on shapeworld")
    .requiredOption("--config <file>", "settings, e.g. configs/nano-vq.yaml", shippedPath)
    .requiredOption("--out <folder>", "where the codec is written")
    .option("--steps <n>", "train this many steps instead", wholeFrom(1))
    .action(async (options: { config: string; out: string; steps?: number }) => {
      // Loaded here, so that other commands start without the engine.
      const [{ startEngine }, { makeCodec, vqRecipeSchema }] = await Promise.all([
        import("@easel/engine"),
        import("@easel/training"),
      ]);
      const settings = vqRecipeSchema.parse(parse(await readFile(options.config, "utf8")));
      const recipe = options.steps === undefined ? settings : withSteps(settings, options.steps);
      const engine = await startEngine();
      const record = await makeCodec(recipe, options.out, engine, Date.now, (p) => {
        const numbers = `reconstruction ${p.reconstruction.toFixed(4)}  commitment ${p.commitment.toFixed(4)}`;
        process.stdout.write(
          `step ${p.step}/${recipe.training.steps}  ${numbers}  gradient ${p.gradientNorm.toFixed(2)}  codes in use ${(100 * p.codebookUse).toFixed(0)} %  replaced ${p.replaced}\n`,
        );
      });
      const { quality } = record;
      process.stdout.write(
        `${record.seconds.toFixed(0)} s; of ${quality.objects} objects kept ${(100 * quality.kept).toFixed(1)} % ` +
          `(shape ${(100 * quality.shape).toFixed(1)}, colour ${(100 * quality.colour).toFixed(1)}, texture ${(100 * quality.texture).toFixed(1)})\n`,
      );
    });
}
