// The JSON record of one generated picture: what it was drawn for, its chain and plan, and how to tell that its file is
// whole. Pure.
import { createHash } from "node:crypto";
import { type ChainObject, parseChain } from "@easel/chain";
import type { PictureIndex, PicturePlaces } from "./file-layout.js";
import type { DrawnImage, SampledChain } from "./image-source.js";
import type { GenerationPrompt } from "./prompt-list.js";

/** One picture as its JSON file says. Paths are below the output folder. */
export type PictureRecord = PictureIndex & {
  readonly promptId: string;
  readonly prompt: string;
  readonly skill?: string;
  readonly seed: number;
  /** Of the chain's tokens, and of the picture's. */
  readonly textTemperature: number;
  readonly imageTemperature: number;
  readonly guidanceScale: number;
  /** True when the chain is that of the prompt's first picture. */
  readonly sharedChain: boolean;
  readonly chain: string;
  /** The sampled ids, begin-of-image last: the text alone does not always give them back. */
  readonly chainIds: readonly number[];
  readonly forcedBoi: boolean;
  /** The plan as read from the chain; boxes in [0,1000). */
  readonly plan: readonly ChainObject[];
  readonly image: string;
  /** SHA-256 of the picture's file, hex. */
  readonly imageSha256: string;
  readonly planImage: string;
  readonly chainFile: string;
  readonly width: number;
  readonly height: number;
  /** Of the engine that drew it: another one may give another picture. */
  readonly engineFingerprint: string;
};

/** What all records of one command share. */
export type RecordOrigin = {
  readonly seed: number;
  readonly textTemperature: number;
  readonly imageTemperature: number;
  readonly guidanceScale: number;
};

/** SHA-256, hex. */
export function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The record of a drawn picture. */
export function pictureRecord(
  prompt: GenerationPrompt,
  index: PictureIndex,
  { chain, image, engineFingerprint }: DrawnImage,
  places: PicturePlaces,
  png: Uint8Array,
  sharedChain: boolean,
  origin: RecordOrigin,
): PictureRecord {
  return {
    promptIndex: index.promptIndex,
    sampleIndex: index.sampleIndex,
    promptId: prompt.id,
    prompt: prompt.text,
    ...(prompt.skill === undefined ? {} : { skill: prompt.skill }),
    ...origin,
    sharedChain,
    chain: chain.text,
    chainIds: chain.ids,
    forcedBoi: chain.forcedBoi,
    plan: parseChain(chain.text).objects,
    image: places.image,
    imageSha256: digestOf(png),
    planImage: places.plan,
    chainFile: places.chain,
    width: image.width,
    height: image.height,
    engineFingerprint,
  };
}

/**
 * What a stored record says of a picture that may be left as it is; null where it is not such a record: then the picture
 * is drawn again.
 */
export function parseRecord(
  text: string,
): { readonly prompt: string; readonly imageSha256: string; readonly chain: SampledChain } | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const { prompt, imageSha256, chain, chainIds, forcedBoi } = value as Readonly<Record<string, unknown>>;
  const ids = Array.isArray(chainIds) ? (chainIds as readonly unknown[]) : [];
  const whole = ids.filter((id): id is number => Number.isSafeInteger(id));
  if (typeof prompt !== "string" || typeof imageSha256 !== "string" || typeof chain !== "string") return null;
  if (whole.length === 0 || whole.length !== ids.length || typeof forcedBoi !== "boolean") return null;
  return { prompt, imageSha256, chain: { ids: whole, text: chain, forcedBoi } };
}
