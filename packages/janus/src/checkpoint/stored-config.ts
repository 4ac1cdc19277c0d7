// Reads the config.json of a checkpoint folder in either layout, and says which one it is.
import { access } from "node:fs/promises";
import { join } from "node:path";
import { readBoundedJson } from "../bounded-json.js";
import { type JanusConfig, parseConfig } from "../config.js";
import { JanusError } from "../errors.js";
import { isTransformersConfig, originalConfig } from "./transformers-config.js";

/** The two ways in which the same model is stored: names of weights, keys of the config. */
export const checkpointLayouts = ["original", "transformers"] as const;

/** One of {@link checkpointLayouts}. */
export type CheckpointLayout = (typeof checkpointLayouts)[number];

/** A config as it is stored and as it is understood. */
export type StoredConfig = {
  readonly layout: CheckpointLayout;
  readonly config: JanusConfig;
  /** The parsed file. */
  readonly json: Readonly<Record<string, unknown>>;
};

/** An error about a folder that is no complete checkpoint. */
export function unreadable(folder: string, problem: string, cause?: unknown): JanusError {
  return new JanusError(
    "EASEL_JANUS_CHECKPOINT_UNREADABLE",
    `${folder}: ${problem}. Point to a folder with config.json, tokenizer.json and weights.`,
    { cause },
  );
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/**
 * @param imageSize pixels per side, where the config leaves it out and it is not 384
 * @throws JanusError `EASEL_JANUS_CHECKPOINT_UNREADABLE` or `EASEL_JANUS_CONFIG_INVALID`
 */
export async function readStoredConfig(folder: string, imageSize?: number): Promise<StoredConfig> {
  let value: unknown;
  try {
    value = await readBoundedJson(join(folder, "config.json"));
  } catch (cause) {
    const absent = (cause as NodeJS.ErrnoException).code === "ENOENT";
    if (absent && !(await exists(folder))) throw unreadable(folder, "there is no such folder", cause);
    const problem = absent ? "there is no config.json" : "config.json cannot be read as JSON";
    throw unreadable(folder, problem, cause);
  }
  const options = imageSize === undefined ? {} : { imageSize };
  if (isTransformersConfig(value)) {
    return { layout: "transformers", config: parseConfig(originalConfig(value), options), json: value };
  }
  const config = parseConfig(value, options);
  return { layout: "original", config, json: value as Readonly<Record<string, unknown>> };
}
