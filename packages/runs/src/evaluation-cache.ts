// Evaluations kept between runs: the same model on the same prompts under the same settings need not be drawn twice.
// A damaged or foreign entry counts as absent.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { canonicalJson, sha256Hex } from "@easel/protocol";
import type { EvaluatedSample } from "@easel/training";
import { writeFileAtomic } from "./atomic-file.js";
import { type PackedSamples, packSamples, unpackSamples } from "./packed-sample.js";

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

type Entry = PackedSamples & { readonly key: string };

/** A cache in `folder`, which is made when something is put there. */
export function evaluationCache(folder: string): EvaluationCache {
  const pathOf = (name: string): string => join(folder, `${name}.json`);
  return {
    async get(key) {
      const name = nameOf(key);
      try {
        const entry = JSON.parse(await readFile(pathOf(name), "utf8")) as Entry;
        return entry.key === name ? unpackSamples(entry) : null;
      } catch {
        return null;
      }
    },
    async put(key, samples) {
      const name = nameOf(key);
      const entry: Entry = { key: name, ...packSamples(samples) };
      await writeFileAtomic(pathOf(name), JSON.stringify(entry), { durable: false });
    },
  };
}

function nameOf(key: EvaluationKey): string {
  return sha256Hex(canonicalJson({ ...key, rewards: { ...key.rewards }, form: 1 }));
}
