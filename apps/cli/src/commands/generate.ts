// `easel generate`: draws pictures for one prompt, with the plans that the model wrote first.
import { join } from "node:path";
import { planPicture, storedSample, writeFileAtomic, writeSample } from "@easel/runs";
import { createDrawing } from "@easel/training";
import type { Command } from "commander";
import { promptBucket } from "../evaluation/prompt-bucket.js";
import { loadWithPolicy } from "../model/checkpoint-with-policy.js";
import { startChosenEngine } from "../model/chosen-engine.js";
import { numberFrom, wholeFrom } from "../option-values.js";

type GenerateOptions = {
  readonly checkpoint: string;
  readonly policy?: string;
  readonly loraAlpha?: number;
  readonly prompt: string;
  readonly number: number;
  readonly seed: number;
  readonly temperature: number;
  readonly guidance: number;
  readonly textCap: number;
  readonly out: string;
  readonly scale: number;
};

/** Registers the command. */
export function addGenerateCommand(program: Command): void {
  program
    .command("generate")
    .description("draw pictures for a prompt, with their plans")
    .requiredOption("--checkpoint <folder>", "a checkpoint, e.g. assets/janus-nano")
    .requiredOption("--prompt <text>", 'e.g. "a red circle left of a blue square"')
    .requiredOption("--out <folder>", "where pictures and records are written")
    .option("--policy <file>", "policy.safetensors of a run's checkpoint")
    .option(
      "--lora-alpha <n>",
      "alpha, where the policy is a LoRA adapter (default: its rank)",
      numberFrom(0),
    )
    .option("-n, --number <n>", "how many pictures", wholeFrom(1), 4)
    .option("--seed <n>", "the same seed gives the same pictures on the same engine", wholeFrom(0), 1)
    .option("--temperature <t>", "0 takes the likeliest token each time", numberFrom(0), 1)
    .option("--guidance <scale>", "guidance scale on image tokens; 1 is without", numberFrom(1), 1)
    .option("--text-cap <n>", "longest chain in tokens", wholeFrom(1), 72)
    .option("--scale <n>", "enlargement of the pictures that show the plan", wholeFrom(1), 6)
    .action(runGenerate);
}

async function runGenerate(options: GenerateOptions): Promise<void> {
  const { prompt, seed, temperature, out } = options;
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  await startChosenEngine(process.env, say);
  const { model, apply } = await loadWithPolicy(options.checkpoint, options.policy, options.loraAlpha);
  apply?.();
  const drawing = createDrawing(model, {
    maxRows: options.number,
    promptBuckets: [promptBucket(model, [{ text: prompt }])],
    distinctPrompts: 1,
    sampling: { temperature, guidanceScale: options.guidance, textCap: options.textCap },
  });
  const drawn = await drawing.draw(
    Array.from({ length: options.number }, (_, sampleIndex) => ({
      promptText: prompt,
      issue: 0,
      sampleIndex,
      seed,
    })),
  );
  drawing.dispose();
  for (const [index, { chainText, forcedBoi, image }] of drawn.entries()) {
    const picture = {
      prompt: { text: prompt, category: "free" },
      promptIndex: 0,
      chainText,
      forcedBoi,
      image,
      score: null,
    };
    const stored = storedSample(picture, index, { phase: "generate", temperature, seed });
    await writeSample(out, stored);
    const planFile = join(out, stored.record.image.replace(/\.png$/, "-plan.png"));
    await writeFileAtomic(planFile, planPicture(image, stored.record.plan, options.scale));
    process.stdout.write(`${join(out, stored.record.image)}  ${planFile}\n  ${printable(chainText)}\n`);
  }
}

/** A model may write anything, control sequences of terminals included. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "\u00b7");
}
