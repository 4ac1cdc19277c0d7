// Draws what is missing of all pictures of all prompts, a batch at a time. Knows neither the model nor the file system.
import type { PictureIndex, PicturePlaces } from "./file-layout.js";
import type { ChainMode } from "./generation-settings.js";
import type { DrawTask, ImageSource, SampledChain } from "./image-source.js";
import type { OutputFolder } from "./output-folder.js";

/** What to draw. */
export type GenerationOrder = {
  readonly prompts: readonly { readonly text: string }[];
  readonly perPrompt: number;
  readonly chains: ChainMode;
  /** Pictures drawn at once. */
  readonly rows: number;
};

/** How far it is. */
export type GenerationProgress = {
  readonly total: number;
  /** Pictures that were there before. */
  readonly kept: number;
  /** Pictures drawn now. */
  readonly drawn: number;
};

/** Who is told. */
export type GenerationListeners = {
  readonly onProgress?: (progress: GenerationProgress) => void;
  /** After a picture's files are written. */
  readonly onPicture?: (index: PictureIndex, places: PicturePlaces, chain: SampledChain) => void;
  readonly signal?: AbortSignal;
};

const keyOf = ({ promptIndex, sampleIndex }: PictureIndex): string => `${promptIndex}/${sampleIndex}`;

/**
 * Draws and writes every picture that the folder lacks; returns the counts at the end.
 *
 * @param openSource called once, and only when a picture is lacking: a model is slow to load
 */
export async function generateAll(
  order: GenerationOrder,
  openSource: () => Promise<ImageSource>,
  folder: OutputFolder,
  { onProgress, onPicture, signal }: GenerationListeners = {},
): Promise<GenerationProgress> {
  const { prompts, perPrompt, chains, rows } = order;
  const total = prompts.length * perPrompt;
  const done = new Map<string, SampledChain>();
  const indexOf = (at: number): PictureIndex => ({
    promptIndex: Math.floor(at / perPrompt),
    sampleIndex: at % perPrompt,
  });
  for (let at = 0; at < total; at += 1) {
    const chain = await folder.finished(indexOf(at));
    if (chain !== null) done.set(keyOf(indexOf(at)), chain);
  }
  const kept = done.size;
  const progress = (): GenerationProgress => ({ total, kept, drawn: done.size - kept });
  onProgress?.(progress());

  /** A picture after the first of a prompt waits for the first one's chain where they share it. */
  const taskAt = (at: number): DrawTask => {
    const index = indexOf(at);
    const shared = chains === "shared" && index.sampleIndex > 0;
    const chain = shared ? (done.get(keyOf({ ...index, sampleIndex: 0 })) ?? null) : null;
    return { ...index, prompt: prompts[index.promptIndex]?.text ?? "", chain };
  };

  let source: ImageSource | null = null;
  const drawBatch = async (places: readonly number[]): Promise<void> => {
    if (places.length === 0) return;
    signal?.throwIfAborted();
    const tasks = places.map(taskAt);
    source ??= await openSource();
    const images = await source.draw(tasks, signal);
    for (const [index, task] of tasks.entries()) {
      const image = images[index];
      if (image === undefined) throw new RangeError("fewer pictures came back than were asked for");
      const written = await folder.write(task, image);
      done.set(keyOf(task), image.chain);
      onPicture?.(task, written, image.chain);
    }
    onProgress?.(progress());
  };

  for (const wave of wavesOf(order)) {
    const missing = wave.filter((at) => !done.has(keyOf(indexOf(at))));
    for (let start = 0; start < missing.length; start += rows) {
      await drawBatch(missing.slice(start, start + rows));
    }
  }
  return progress();
}

/** Pictures by number, in waves: those of a wave do not need one another. */
function wavesOf({ prompts, perPrompt, chains, rows }: GenerationOrder): readonly (readonly number[])[] {
  const all = Array.from({ length: prompts.length * perPrompt }, (_, at) => at);
  if (chains === "each") return [all];
  const waves: number[][] = [];
  for (let start = 0; start < prompts.length; start += rows) {
    const part = all.slice(start * perPrompt, (start + rows) * perPrompt);
    waves.push(
      part.filter((at) => at % perPrompt === 0),
      part.filter((at) => at % perPrompt !== 0),
    );
  }
  return waves;
}
