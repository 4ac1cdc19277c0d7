// Evaluated samples as JSON, pictures as PNG in base64, under a digest. Where such files lie is for the cache and for
// saved evaluations to say.
import { canonicalJson, type JsonValue, sha256Hex } from "@easel/protocol";
import { readPromptSpec } from "@easel/rewards";
import { decodePng, encodePng } from "@easel/shapeworld";
import type { EvaluatedSample } from "@easel/training";

/** Samples with the SHA-256 of their canonical JSON. */
export type PackedSamples = { readonly digest: string; readonly samples: readonly JsonValue[] };

/** Packs samples in their order. */
export function packSamples(samples: readonly EvaluatedSample[]): PackedSamples {
  const packed = samples.map(pack);
  return { digest: sha256Hex(canonicalJson(packed)), samples: packed };
}

/** The samples again; null when they are not what was packed. */
export function unpackSamples({ digest, samples }: PackedSamples): readonly EvaluatedSample[] | null {
  return sha256Hex(canonicalJson(samples)) === digest ? samples.map(unpack) : null;
}

function pack({ image, ...sample }: EvaluatedSample): JsonValue {
  const png = Buffer.from(encodePng(image)).toString("base64");
  // Through text: prompts and scores are plain JSON values, which their types do not say.
  return { ...(JSON.parse(JSON.stringify(sample)) as { readonly [key: string]: JsonValue }), png };
}

function unpack(value: JsonValue): EvaluatedSample {
  const { png, ...sample } = value as unknown as Omit<EvaluatedSample, "image"> & { readonly png: string };
  readPromptSpec(sample.prompt);
  return { ...sample, image: decodePng(Buffer.from(png, "base64")) };
}
