// Evaluations kept between runs: the same model on the same prompts under the same settings need not be drawn twice.
// A damaged or foreign entry counts as absent.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { canonicalJson, type JsonValue, sha256Hex } from "@easel/protocol";
import { readPromptSpec } from "@easel/rewards";
import { decodePng, encodePng } from "@easel/shapeworld";
import type { EvaluatedSample } from "@easel/training";
import { writeFileAtomic } from "./atomic-file.js";

/** Everything the samples depend on. Digests are hex. */
export type EvaluationKey = {
  readonly checkpoint: string;
  /** Weights over the checkpoint, or null for the checkpoint itself. */
  readonly policy: string | null;
  /** Digest of the prompts in order. */
  readonly prompts: string;
  /** Engine fingerprint: samples are equal only under an equal one. */
  readonly fingerprint: string;
  /** Versions of the rewards and of strict success. */
  readonly rewards: Readonly<Record<string, string>>;
  readonly samplesPerPrompt: number;
  readonly seed: number;
  readonly temperature: number;
  readonly guidanceScale: number;
  readonly textCap: number;
  /** Rows drawn in lock-step: part of the compiled shapes. */
  readonly rows: number;
};

/** A folder of evaluations. */
export type EvaluationCache = {
  get(key: EvaluationKey): Promise<readonly EvaluatedSample[] | null>;
  put(key: EvaluationKey, samples: readonly EvaluatedSample[]): Promise<void>;
};

type Entry = {
  readonly key: string;
  /** SHA-256 of `samples` in canonical JSON. */
  readonly digest: string;
  readonly samples: readonly JsonValue[];
};

/** A cache in `folder`, which is made when something is put there. */
export function evaluationCache(folder: string): EvaluationCache {
  const pathOf = (name: string): string => join(folder, `${name}.json`);
  return {
    async get(key) {
      const name = nameOf(key);
      try {
        const entry = JSON.parse(await readFile(pathOf(name), "utf8")) as Entry;
        if (entry.key !== name || sha256Hex(canonicalJson(entry.samples)) !== entry.digest) return null;
        return entry.samples.map(unpack);
      } catch {
        return null;
      }
    },
    async put(key, samples) {
      const packed = samples.map(pack);
      const name = nameOf(key);
      const entry: Entry = { key: name, digest: sha256Hex(canonicalJson(packed)), samples: packed };
      await writeFileAtomic(pathOf(name), JSON.stringify(entry), { durable: false });
    },
  };
}

function nameOf(key: EvaluationKey): string {
  return sha256Hex(canonicalJson({ ...key, rewards: { ...key.rewards }, form: 1 }));
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
