// Sample pictures in the course of a supervised training: the same prompts and the same random numbers each time, so that
// what differs is the model.
import { join } from "node:path";
import type { SftConfig } from "@easel/config";
import type { JanusModel } from "@easel/janus";
import { planPicture, storedSample, writeFileAtomic, writeSample } from "@easel/runs";
import { createDrawing, type Drawing, promptBucket } from "@easel/training";

/** Draws when it is time. */
export type SampleWriter = {
  /** Writes pictures, plans and records of all prompts under the step's folder. */
  write(step: number): Promise<void>;
  dispose(): void;
};

/**
 * A writer for one model, whose weights it reads anew each time.
 *
 * @param folder gets a folder for each step
 * @param heldOut prompts to take where the settings name none
 */
export function createSampleWriter(
  model: JanusModel,
  { samples, seed }: SftConfig,
  folder: string,
  heldOut: readonly string[],
): SampleWriter {
  const named = samples.prompts.length > 0 ? samples.prompts : heldOut;
  const prompts = named.slice(0, samples.count);
  const { guidance, temperature, textCap } = samples;
  let drawing: Drawing | undefined;
  return {
    async write(step) {
      if (prompts.length === 0) return;
      drawing ??= createDrawing(model, {
        maxRows: prompts.length,
        promptBuckets: [
          promptBucket(
            model,
            prompts.map((text) => ({ text })),
          ),
        ],
        distinctPrompts: prompts.length,
        sampling: { temperature, guidanceScale: guidance, textCap },
      });
      const drawn = await drawing.draw(
        prompts.map((promptText, issue) => ({ promptText, issue, sampleIndex: 0, seed })),
      );
      const phase = `step-${String(step).padStart(8, "0")}`;
      for (const [promptIndex, { chainText, forcedBoi, image }] of drawn.entries()) {
        const prompt = { text: prompts[promptIndex] ?? "", category: "free" };
        const picture = { prompt, promptIndex, chainText, forcedBoi, image, score: null };
        const stored = storedSample(picture, 0, { phase, temperature, seed });
        const place = join(folder, phase);
        await writeSample(place, stored);
        const planFile = join(place, stored.record.image.replace(/\.png$/, "-plan.png"));
        await writeFileAtomic(planFile, planPicture(image, stored.record.plan, 1), { durable: false });
      }
    },
    dispose() {
      drawing?.dispose();
    },
  };
}
