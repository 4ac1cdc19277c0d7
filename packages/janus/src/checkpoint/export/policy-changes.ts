// What training changed about a checkpoint, in host memory and under original-layout names: an adapter's low-rank pairs
// and token rows, whole weights, or both. How they get into a checkpoint is in weight-chunks.ts and export-checkpoint.ts.
import { stat } from "node:fs/promises";
import { join } from "node:path";
import {
  type Adapter,
  adapterFromHost,
  disposeAdapter,
  type HostTensor,
  parseAdapterVariable,
  peftKeys,
  readSafetensors,
  type tf,
} from "@easel/engine";
import { JanusError } from "../../errors.js";
import { originalPath, readJanusAdapter } from "../adapter/adapter-folder.js";
import { originalName } from "../transformers-names.js";

/** Changes to a checkpoint. */
export type PolicyChanges = {
  /** Low-rank pairs and token rows by layer path, or null. */
  readonly adapter: Adapter | null;
  /** Weights that replace stored ones; those on the device are read back one at a time, as they are written. */
  readonly weights: ReadonlyMap<string, HostTensor | tf.Tensor>;
};

const policyName = "policy.safetensors";
const peftMatrix = /^base_model\.model\.(.*\.lora_[AB])\.weight$/;

async function fromFile(path: string, alpha: number | undefined): Promise<PolicyChanges> {
  const { tensors } = await readSafetensors(path);
  const parts = new Map<string, HostTensor>();
  const weights = new Map<string, HostTensor>();
  const tokenIds: Record<string, readonly number[]> = {};
  let rank: number | undefined;
  for (const [name, tensor] of tensors) {
    const part = parseAdapterVariable(peftMatrix.exec(name)?.[1] ?? name);
    if (part === null) {
      weights.set(originalName(name), tensor);
      continue;
    }
    const layer = originalPath(part.path);
    parts.set(peftKeys(layer)[part.kind], tensor);
    if (part.kind === "tokenRows") tokenIds[layer] = part.ids;
    if (part.kind === "a") rank ??= tensor.shape[0];
  }
  if (parts.size === 0) return { adapter: null, weights };
  const meaning = { rank: rank ?? 1, alpha: alpha ?? rank ?? 1, tokenIds };
  return { adapter: adapterFromHost(parts, meaning), weights };
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/**
 * Reads what training made: `policy.safetensors` of a run's checkpoint, or that checkpoint's folder, or an adapter folder
 * of the PEFT library, with names of either layout. Needs a started engine.
 *
 * @param alpha of an adapter whose file does not say it; its rank by default
 * @throws JanusError `EASEL_JANUS_ADAPTER_MISMATCH` where the folder holds neither; EngineError
 *   `EASEL_ENGINE_ADAPTER_FILE` for what is not plain LoRA
 */
export async function readPolicyChanges(path: string, alpha?: number): Promise<PolicyChanges> {
  if ((await stat(path)).isFile()) return fromFile(path, alpha);
  if (await isThere(join(path, "adapter_config.json"))) {
    return { adapter: await readJanusAdapter(path), weights: new Map() };
  }
  if (await isThere(join(path, policyName))) return fromFile(join(path, policyName), alpha);
  throw new JanusError(
    "EASEL_JANUS_ADAPTER_MISMATCH",
    `${path} holds neither adapter_config.json nor ${policyName}. Pass an adapter's folder or a run's checkpoint.`,
  );
}

/** Frees the adapter's tensors. */
export function disposeChanges({ adapter }: PolicyChanges): void {
  if (adapter !== null) disposeAdapter(adapter);
}

/**
 * @param shapes of the checkpoint's weights by original-layout name
 * @throws JanusError `EASEL_JANUS_ADAPTER_MISMATCH` listing all that does not fit
 */
export function checkChanges(
  { adapter, weights }: PolicyChanges,
  shapes: ReadonlyMap<string, readonly number[]>,
  source: string,
): void {
  const lines: string[] = [];
  const compare = (name: string, found: readonly (number | undefined)[]): void => {
    const wanted = shapes.get(name);
    if (wanted === undefined) lines.push(`unknown: ${name}`);
    else if (wanted.join() !== found.join()) {
      lines.push(`wrong shape: ${name} is [${wanted}] in the checkpoint and would change by [${found}]`);
    }
  };
  const adapted = (name: string): void => {
    if (weights.has(name)) lines.push(`both replaced and adapted: ${name}`);
  };
  for (const [name, { shape }] of weights) compare(name, shape);
  for (const [path, { a, b }] of Object.entries(adapter?.pairs ?? {})) {
    compare(`${path}.weight`, [b.shape[0], a.shape[1]]);
    adapted(`${path}.weight`);
  }
  for (const [path, { ids, values }] of Object.entries(adapter?.tokenRows ?? {})) {
    const rows = shapes.get(`${path}.weight`)?.[0] ?? 0;
    compare(`${path}.weight`, [rows, values.shape[1]]);
    const beyond = ids.filter((id) => id >= rows);
    if (beyond.length > 0) lines.push(`no such rows: ${beyond} of ${path}.weight, which has ${rows}`);
    adapted(`${path}.weight`);
  }
  if (lines.length === 0) return;
  throw new JanusError(
    "EASEL_JANUS_ADAPTER_MISMATCH",
    `${source} does not belong to this checkpoint (${lines.length} differences). ` +
      `Pass the checkpoint that it was trained from.\n  ${lines.join("\n  ")}`,
  );
}
