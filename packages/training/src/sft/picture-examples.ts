// A data file of real pictures as sequences to train on: reads, places, encodes, tokenises, and says what it refused.
// What a picture or a chain may be is in picture-file.ts and placed-chain.ts; how rows are batched, elsewhere.
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import type { SupervisedExample } from "@easel/data";
import type { JanusTokenizer } from "@easel/janus";
import type { RgbImage } from "@easel/shapeworld";
import { type CodeCache, newCodes, type PictureCodes } from "./code-cache.js";
import { createRowPacker, type PictureRow } from "./packed-rows.js";
import type { PictureEncoder } from "./picture-encoder.js";
import type { ExampleFault, RefusedExample } from "./picture-faults.js";
import { openPicture, type PictureLimits, readPictureFile, sameProportions } from "./picture-file.js";
import { type PicturePolicy, placeBox, placePicture } from "./picture-placement.js";
import { placedChain } from "./placed-chain.js";

/** How examples become sequences. */
export type PicturePreparation = PictureLimits & {
  readonly policy: PicturePolicy;
  /** Share of a box's area, in [0,1], that must be shown for the box to stay. */
  readonly keepBox: number;
  /** What becomes of an example with a lost box: `unmark` keeps it with the name as a plain word, `refuse` leaves it out. */
  readonly lostBox: "unmark" | "refuse";
  /** Longest chain in tokens with begin-of-image. */
  readonly maxChainTokens: number;
  /** Longest rendered prompt in tokens. */
  readonly maxPromptTokens: number;
};

/** What {@link picturesToRows} made of a file. */
export type PictureRows = {
  readonly rows: readonly PictureRow[];
  readonly refused: readonly RefusedExample[];
  /** Pictures that went through the codec this time, and those whose codes were there already. */
  readonly encoded: number;
  readonly cached: number;
  /** Boxes that cropping took away, of examples that stayed. */
  readonly lostBoxes: number;
};

/** The parts that do the work. */
export type PictureTools = {
  readonly tokenizer: JanusTokenizer;
  readonly encoder: PictureEncoder;
  readonly cache: CodeCache;
  /** Pixels per side, codes of a picture, and number of different codes, as the model has them. */
  readonly image: { readonly imageSize: number; readonly tokens: number; readonly codes: number };
};

type Pending = Omit<PictureRow, "imageCodes"> & {
  readonly digest: string;
  readonly codes: PictureCodes | null;
  readonly image: RgbImage | null;
  readonly lost: number;
};

const refuse = (example: SupervisedExample, reason: ExampleFault, detail: string): RefusedExample => ({
  id: example.id,
  image: example.image,
  reason,
  detail,
});

/** Everything about one example but its codes. */
async function readExample(
  example: SupervisedExample,
  folder: string,
  how: PicturePreparation,
  { tokenizer, cache, image: { imageSize } }: PictureTools,
): Promise<Pending | RefusedExample> {
  const bytes = await readPictureFile(join(folder, example.image), how);
  if (!(bytes instanceof Uint8Array)) return refuse(example, bytes.fault, bytes.detail);
  const opened = await openPicture(bytes, how);
  if ("fault" in opened) return refuse(example, opened.fault, opened.detail);
  if (!sameProportions(opened, example)) {
    const detail = `the file has ${opened.width} x ${opened.height} pixels, its record says ${example.width} x ${example.height}`;
    return refuse(example, "other-proportions", detail);
  }
  const placement = placePicture(how.policy, opened.width, opened.height, imageSize);
  const placed = placedChain(example.chain, (box) => placeBox(placement, box, how.keepBox));
  if ("fault" in placed) return refuse(example, "broken-chain", placed.fault);
  if (placed.boxes === 0) return refuse(example, "no-box-shown", placed.lost.join(", "));
  if (placed.lost.length > 0 && how.lostBox === "refuse")
    return refuse(example, "box-not-shown", placed.lost.join(", "));

  const promptIds = tokenizer.encodePrompt(example.prompt);
  const chainIds = tokenizer.encode(placed.chain);
  if (promptIds.length > how.maxPromptTokens)
    return refuse(example, "prompt-too-long", `${promptIds.length} tokens`);
  if (chainIds.length > how.maxChainTokens)
    return refuse(example, "chain-too-long", `${chainIds.length} tokens`);

  const digest = createHash("sha256").update(bytes).digest("hex");
  const codes = cache.get(digest) ?? null;
  const image = codes === null ? await opened.pixels(placement) : null;
  if (image !== null && "fault" in image) return refuse(example, image.fault, image.detail);
  const { id, prompt } = example;
  return {
    id,
    prompt,
    promptIds,
    chainIds,
    digest,
    codes,
    image,
    lost: placed.lost.length,
  };
}

/** Codes of a batch: known ones from the cache, the others from the codec, which are stored at once. */
async function codesOf(
  batch: readonly Pending[],
  { encoder, cache, image }: PictureTools,
): Promise<{ readonly codes: readonly PictureCodes[]; readonly encoded: number }> {
  const unknown = new Map<string, RgbImage>();
  for (const { digest, image: picture } of batch) if (picture !== null) unknown.set(digest, picture);
  const made = await encoder.encode([...unknown.values()]);
  const fresh = [...unknown.keys()].map((digest, index) => {
    const codes = newCodes(image);
    codes.set(made[index] ?? []);
    return [digest, codes] as const;
  });
  await cache.put(fresh);
  const byDigest = new Map<string, PictureCodes>(fresh);
  const codes = batch.map((one) => one.codes ?? byDigest.get(one.digest) ?? newCodes(image));
  return { codes, encoded: unknown.size };
}

/**
 * Makes rows of all examples of a file, in its order. Interrupted, it goes on from the cache the next time.
 *
 * @param file the data file, whose folder holds the pictures
 * @param onProgress called with the number of examples read so far
 */
export async function picturesToRows(
  examples: AsyncIterable<SupervisedExample>,
  file: string,
  how: PicturePreparation,
  tools: PictureTools,
  onProgress: (read: number) => void = () => {},
  signal?: AbortSignal,
): Promise<PictureRows> {
  const packer = createRowPacker();
  const rows: PictureRow[] = [];
  const refused: RefusedExample[] = [];
  let encoded = 0;
  let cached = 0;
  let lostBoxes = 0;
  let read = 0;

  async function settle(part: readonly SupervisedExample[]): Promise<void> {
    signal?.throwIfAborted();
    const found = await Promise.all(part.map((example) => readExample(example, dirname(file), how, tools)));
    const batch: Pending[] = [];
    for (const one of found) {
      if ("reason" in one) refused.push(one);
      else batch.push(one);
    }
    const made = await codesOf(batch, tools);
    batch.forEach(({ id, prompt, promptIds, chainIds, lost }, index) => {
      rows.push(packer.pack({ id, prompt, promptIds, chainIds, imageCodes: made.codes[index] ?? [] }));
      lostBoxes += lost;
    });
    encoded += made.encoded;
    cached += batch.length - made.encoded;
    read += part.length;
    onProgress(read);
  }

  let part: SupervisedExample[] = [];
  for await (const example of examples) {
    part.push(example);
    if (part.length < tools.encoder.batch) continue;
    await settle(part);
    part = [];
  }
  if (part.length > 0) await settle(part);
  return { rows, refused, encoded, cached, lostBoxes };
}
