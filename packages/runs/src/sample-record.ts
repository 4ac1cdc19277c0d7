// Samples that people look at: a PNG and a JSON record each, under samples/<phase>/. The broker's pictures are not these.
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type ChainObject, parseChain } from "@easel/chain";
import type { ShapeworldScore } from "@easel/rewards";
import { encodePng, type RgbImage } from "@easel/shapeworld";
import type { EvaluatedSample } from "@easel/training";
import { writeFileAtomic } from "./atomic-file.js";

/** One sample as its JSON file says. */
export type SampleRecord = {
  /** `before`, `after`, or anything that names when it was drawn; also its folder. */
  readonly phase: string;
  /** Index of the prompt in its set; with `sampleIndex` it pairs samples of different phases. */
  readonly promptIndex: number;
  readonly sampleIndex: number;
  readonly prompt: string;
  readonly skill: string;
  readonly chain: string;
  /** The plan as read from the chain; boxes in [0,1000). */
  readonly plan: readonly ChainObject[];
  readonly forcedBoi: boolean;
  readonly temperature: number;
  readonly seed: number;
  /** Null for a prompt that cannot be scored. */
  readonly score: ShapeworldScore | null;
  /** File name of the picture beside the record. */
  readonly image: string;
  readonly width: number;
  readonly height: number;
};

/** A record with its picture. */
export type StoredSample = { readonly record: SampleRecord; readonly png: Uint8Array };

/** What a record is made of; an evaluated sample is one. */
export type DrawnPicture = {
  readonly prompt: { readonly text: string; readonly category: string };
  readonly promptIndex: number;
  readonly chainText: string;
  readonly forcedBoi: boolean;
  readonly image: RgbImage;
  readonly score: ShapeworldScore | null;
};

/** How the samples were drawn. */
export type SampleOrigin = {
  readonly phase: string;
  readonly temperature: number;
  readonly seed: number;
};

/** Record and picture of a sample. */
export function storedSample(sample: DrawnPicture, sampleIndex: number, origin: SampleOrigin): StoredSample {
  const { prompt, promptIndex, chainText, forcedBoi, image, score } = sample;
  return {
    record: {
      ...origin,
      promptIndex,
      sampleIndex,
      prompt: prompt.text,
      skill: prompt.category,
      chain: chainText,
      plan: parseChain(chainText).objects,
      forcedBoi,
      score,
      image: `${String(promptIndex).padStart(4, "0")}-${sampleIndex}.png`,
      width: image.width,
      height: image.height,
    },
    png: encodePng(image),
  };
}

/**
 * Stores the first sample of each of the first `count` prompts: an unchosen selection, and balanced, because prompt sets
 * take the skills in turn.
 *
 * @param folder the run's `samples` folder
 */
export async function writeSamples(
  folder: string,
  samples: readonly EvaluatedSample[],
  count: number,
  origin: SampleOrigin,
): Promise<void> {
  const seen = new Set<number>();
  for (const sample of samples) {
    if (sample.promptIndex >= count || seen.has(sample.promptIndex)) continue;
    seen.add(sample.promptIndex);
    await writeSample(join(folder, origin.phase), storedSample(sample, 0, origin));
  }
}

/** Writes picture and record into `folder`, the record last: a record's picture is always there. */
export async function writeSample(folder: string, { record, png }: StoredSample): Promise<void> {
  await writeFileAtomic(join(folder, record.image), png, { durable: false });
  const name = record.image.replace(/\.png$/, ".json");
  await writeFileAtomic(join(folder, name), `${JSON.stringify(record, null, 2)}\n`, { durable: false });
}

/** All samples of one phase, by prompt; none when there are none. Unreadable ones are left out. */
export async function readSamples(folder: string, phase: string): Promise<StoredSample[]> {
  const place = join(folder, phase);
  const names = await readdir(place).catch(() => []);
  const found: StoredSample[] = [];
  for (const name of names.filter((file) => file.endsWith(".json")).sort()) {
    try {
      const record = JSON.parse(await readFile(join(place, name), "utf8")) as SampleRecord;
      found.push({ record, png: await readFile(join(place, basename(record.image))) });
    } catch {
      // A sample is an illustration: the report says how many it shows.
    }
  }
  return found.sort((a, b) => a.record.promptIndex - b.record.promptIndex);
}
