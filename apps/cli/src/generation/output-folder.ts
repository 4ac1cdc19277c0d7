// The folder that `easel generate` writes to. A picture counts once its record is there, and the record comes last; what
// was interrupted is drawn again.
import { mkdir, readdir, readFile, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { planPicture, writeFileAtomic } from "@easel/runs";
import { encodePng } from "@easel/shapeworld";
import { CliError } from "../errors.js";
import {
  type FileLayout,
  type PictureIndex,
  type PicturePlaces,
  placesOf,
  promptFile,
} from "./file-layout.js";
import { checkSameSettings, type GenerationManifest } from "./generation-settings.js";
import type { DrawnImage, SampledChain } from "./image-source.js";
import { digestOf, parseRecord, pictureRecord, type RecordOrigin } from "./picture-record.js";
import type { GenerationPrompt } from "./prompt-list.js";

/** What goes into the folder. */
export type OutputPlan = {
  readonly folder: string;
  readonly manifest: GenerationManifest;
  readonly prompts: readonly GenerationPrompt[];
  readonly origin: RecordOrigin;
  /** Enlargement of the pictures that show the plan. */
  readonly scale: number;
};

/** An output folder that belongs to these settings. */
export type OutputFolder = {
  /** The chain of a picture that is there and whole; null where it has to be drawn. */
  finished(index: PictureIndex): Promise<SampledChain | null>;
  /** Writes all files of a picture. */
  write(index: PictureIndex, drawn: DrawnImage): Promise<PicturePlaces>;
};

const MANIFEST = "generation.json";

/** Text of a file, or null where there is none. */
async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Whether anything was drawn there: a command that failed before that, over a broken checkpoint perhaps, leaves none. */
async function hasPictures(folder: string): Promise<boolean> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  return names.some((name) => name.endsWith(".png"));
}

/** Benchmarks score every picture that lies there, so those of somebody else must not. */
async function refuseForeignPictures(folder: string, layout: FileLayout): Promise<void> {
  if (layout === "plain") return;
  const names = await readdir(folder).catch(() => []);
  const scored = layout === "geneval" ? /^\d+$/ : /^samples$/;
  const found = names.find((name) => scored.test(name));
  if (found === undefined) return;
  throw new CliError(
    "EASEL_CLI_OUT_FOLDER",
    `${folder} has "${found}" in it, which this command did not write and which would be scored too. Pass another --out.`,
  );
}

/**
 * Opens the folder, or makes it: its `generation.json` and what the layout wants beside the pictures.
 *
 * @throws CliError `EASEL_CLI_OUT_FOLDER` when it holds pictures of other settings
 */
export async function openOutputFolder(plan: OutputPlan): Promise<OutputFolder> {
  const { folder, manifest, prompts, origin, scale } = plan;
  const { layout, number, chains } = manifest.settings;
  const stored = await textOf(join(folder, MANIFEST));
  // GenEval's folders are there before the first picture, and those of a longer list would be scored.
  if (stored !== null && (layout === "geneval" || (await hasPictures(folder)))) {
    checkSameSettings(stored, manifest.settings, folder);
  } else {
    await refuseForeignPictures(folder, layout);
    await writeFileAtomic(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  }
  for (const [index, prompt] of prompts.entries()) {
    const file = promptFile(layout, prompt, index);
    if (file !== null) await writeFileAtomic(join(folder, file.path), file.content, { durable: false });
  }

  const promptAt = ({ promptIndex }: PictureIndex): GenerationPrompt => {
    const prompt = prompts[promptIndex];
    if (prompt === undefined) throw new RangeError(`there is no prompt ${promptIndex}`);
    return prompt;
  };
  const placesAt = (index: PictureIndex): PicturePlaces => placesOf(layout, promptAt(index), index, number);
  const write = (path: string, content: string | Uint8Array): Promise<void> =>
    writeFileAtomic(join(folder, path), content, { durable: false });

  return {
    async finished(index) {
      const places = placesAt(index);
      const text = await textOf(join(folder, places.record));
      const record = text === null ? null : parseRecord(text);
      if (record === null || record.prompt !== promptAt(index).text) return null;
      try {
        // A power cut can leave an empty file under a name that was there before.
        for (const path of [places.plan, places.chain]) {
          if ((await stat(join(folder, path))).size === 0) return null;
        }
        const png = await readFile(join(folder, places.image));
        return digestOf(png) === record.imageSha256 ? record.chain : null;
      } catch {
        return null;
      }
    },
    async write(index, drawn) {
      const places = placesAt(index);
      const png = encodePng(drawn.image);
      const sharedChain = chains === "shared" && index.sampleIndex > 0;
      const record = pictureRecord(promptAt(index), index, drawn, places, png, sharedChain, origin);
      // Whatever lies beside the pictures is scored or breaks the scripts, unfinished files included: so a picture is
      // written where its record is, and then moved. Its name may also be too long to add anything to.
      const beside = places.record.replace(/\.json$/, ".png");
      await write(beside, png);
      if (beside !== places.image) {
        await mkdir(dirname(join(folder, places.image)), { recursive: true });
        await rename(join(folder, beside), join(folder, places.image));
      }
      await write(places.plan, planPicture(drawn.image, record.plan, scale));
      await write(places.chain, `${drawn.chain.text}\n`);
      await write(places.record, `${JSON.stringify(record)}\n`);
      return places;
    },
  };
}
