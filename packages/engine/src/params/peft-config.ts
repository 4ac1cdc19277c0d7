// adapter_config.json of the PEFT library: what Easel reads of it and what it writes. Everything in it is untrusted.

import { readFile, stat } from "node:fs/promises";
import { EngineError } from "../errors.js";
import type { Adapter } from "./params.js";

/** What an adapter's configuration says about its numbers. */
export type PeftConfig = {
  readonly rank: number;
  readonly alpha: number;
  /** Token ids by module name as PEFT matches it, from the end: a whole path or its last parts. */
  readonly tokenIds: Readonly<Record<string, readonly number[]>>;
};

/** Far above any configuration, whose longest part is a list of layer paths. */
const maxConfigBytes = 4 * 2 ** 20;
const maxTokenIds = 65_536;
/** PEFT's name for the embedding where a list of ids names none. */
const embedding = "embed_tokens";

/** Settings that make an adapter compute something else than W + (alpha / r) B A. */
const otherComputations = ["use_rslora", "use_dora", "use_qalora", "fan_in_fan_out", "lora_bias"];
const otherParts = [
  "rank_pattern",
  "alpha_pattern",
  "modules_to_save",
  "layer_replication",
  "target_parameters",
  "alora_invocation_tokens",
];
/** Initialisations that also change the weights beneath. */
const changesBase = /^(pissa|olora|corda|loftq|lora_ga)/;

/**
 * Reads an `adapter_config.json`.
 * @throws EngineError EASEL_ENGINE_ADAPTER_FILE when it is not plain LoRA, or no configuration
 */
export async function readPeftConfig(path: string): Promise<PeftConfig> {
  const { size } = await stat(path);
  if (size > maxConfigBytes)
    throw adapterFileError(`${path} has ${size} bytes, too many for a configuration`);
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw adapterFileError(`${path} is not JSON`, cause);
  }
  return parsePeftConfig(value);
}

/** @throws EngineError EASEL_ENGINE_ADAPTER_FILE */
export function parsePeftConfig(value: unknown): PeftConfig {
  if (typeof value !== "object" || value === null)
    throw adapterFileError("its configuration is not an object");
  const fields: Readonly<Record<string, unknown>> = { ...value };
  if (fields.peft_type !== "LORA") throw adapterFileError(`its peft_type is ${brief(fields.peft_type)}`);
  for (const flag of otherComputations) {
    if (fields[flag] === true) throw adapterFileError(`it uses ${flag}`);
  }
  for (const part of otherParts) {
    if (Object.keys(fields[part] ?? {}).length > 0) throw adapterFileError(`it uses ${part}`);
  }
  if ((fields.bias ?? "none") !== "none") throw adapterFileError(`its bias is ${brief(fields.bias)}`);
  const { init_lora_weights: init, r, lora_alpha: alpha } = fields;
  if (typeof init === "string" && changesBase.test(init)) {
    throw adapterFileError(`its init_lora_weights, ${brief(init)}, changes the weights beneath it as well`);
  }
  if (typeof r !== "number" || !Number.isInteger(r) || r < 1) throw adapterFileError(`its r is ${brief(r)}`);
  if (typeof alpha !== "number" || !Number.isFinite(alpha)) {
    throw adapterFileError(`its lora_alpha is ${brief(alpha)}`);
  }
  return { rank: r, alpha, tokenIds: tokenIdsOf(fields.trainable_token_indices) };
}

/** The configuration that PEFT (0.19 or newer, where there are token rows) loads for an adapter. */
export function peftConfigOf(
  adapter: Adapter,
  baseModel: string | undefined,
): Readonly<Record<string, unknown>> {
  const rows = Object.entries(adapter.tokenRows ?? {}).map(([path, { ids }]) => [path, [...ids]] as const);
  return {
    peft_type: "LORA",
    base_model_name_or_path: baseModel ?? null,
    r: adapter.rank,
    lora_alpha: adapter.alpha,
    lora_dropout: 0,
    bias: "none",
    inference_mode: true,
    // Full paths: a bare name such as q_proj would also match layers of other towers.
    target_modules: Object.keys(adapter.pairs).sort(),
    ...(rows.length === 0 ? {} : { trainable_token_indices: Object.fromEntries(rows) }),
  };
}

/** An error about an adapter on disk. */
export function adapterFileError(reason: string, cause?: unknown): EngineError {
  return new EngineError(
    "EASEL_ENGINE_ADAPTER_FILE",
    `This adapter cannot be read: ${reason}. Export it as plain LoRA with one rank and one alpha.`,
    { cause },
  );
}

function tokenIdsOf(value: unknown): Readonly<Record<string, readonly number[]>> {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object") throw adapterFileError(`its trainable_token_indices is ${brief(value)}`);
  const lists: readonly (readonly [string, unknown])[] = Array.isArray(value)
    ? [[embedding, value]]
    : Object.entries(value);
  return Object.fromEntries(lists.map(([module, ids]) => [module, tokenIds(module, ids)] as const));
}

function tokenIds(module: string, value: unknown): readonly number[] {
  const isList =
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= maxTokenIds &&
    value.every((id) => Number.isSafeInteger(id) && id >= 0) &&
    new Set(value).size === value.length;
  if (!isList) {
    throw adapterFileError(
      `its trainable_token_indices for ${brief(module)} is no list of different token ids`,
    );
  }
  return value as readonly number[];
}

/** A value for a message, cut short. */
function brief(value: unknown): string {
  return (JSON.stringify(value) ?? "missing").slice(0, 100);
}
