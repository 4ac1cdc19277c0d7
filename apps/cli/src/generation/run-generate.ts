// What `easel generate` does. Its options are in commands/generate.ts, which loads this file when it is needed.
import { join } from "node:path";
import { planPicture, storedSample, writeFileAtomic, writeSample } from "@easel/runs";
import { createDrawing, promptBucket } from "@easel/training";
import { loadWithPolicy } from "../model/checkpoint-with-policy.js";
import { startChosenEngine } from "../model/chosen-engine.js";

/** The options of the command. */
export type GenerateOptions = {
  readonly checkpoint: string;
  readonly policy?: string;
  readonly loraAlpha?: number;
  readonly prompt: string;
  readonly number: number;
  readonly seed: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly guidance: number;
  readonly textCap: number;
  readonly out: string;
  readonly scale: number;
};

/** Draws, and writes each picture with its record and once more with its plan. */
export async function runGenerate(options: GenerateOptions): Promise<void> {
  const { prompt, seed, temperature, topK, topP, out } = options;
  const kept = { ...(topK === undefined ? {} : { topK }), ...(topP === undefined ? {} : { topP }) };
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  await startChosenEngine(process.env, say);
  const { model, apply } = await loadWithPolicy(options.checkpoint, options.policy, options.loraAlpha);
  apply?.();
  const drawing = createDrawing(model, {
    maxRows: options.number,
    promptBuckets: [promptBucket(model, [{ text: prompt }])],
    distinctPrompts: 1,
    sampling: { temperature, guidanceScale: options.guidance, textCap: options.textCap },
    truncation: { text: kept, image: kept },
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
