// What training changed about a checkpoint, in host memory and under original-layout names: low-rank pairs, whole
// weights, or both. How they get into a checkpoint is in merged-chunks.ts and export-checkpoint.ts.
import { stat } from "node:fs/promises";
import { join } from "node:path";
import {
  type Adapter,
  adapterFromHost,
  disposeAdapter,
  type HostTensor,
  peftKeys,
  readPeftAdapter,
  readSafetensors,
} from "@easel/engine";
import { JanusError } from "../../errors.js";
import { originalName } from "../transformers-names.js";

/** Changes to a checkpoint. */
export type PolicyChanges = {
  /** Low-rank pairs by layer path, or null. */
  readonly adapter: Adapter | null;
  /** Weights that replace stored ones. */
  readonly weights: ReadonlyMap<string, HostTensor>;
};

const policyName = "policy.safetensors";
const matrixName = /^(?:base_model\.model\.)?(.*)\.lora_([AB])(?:\.weight)?$/;

function originalPath(path: string): string {
  return originalName(`${path}.weight`).slice(0, -".weight".length);
}

/** The same matrices under the layer paths of the original layout. */
function inOriginalNames(adapter: Adapter): Adapter {
  const pairs = Object.entries(adapter.pairs).map(([path, pair]) => [originalPath(path), pair] as const);
  return { ...adapter, pairs: Object.fromEntries(pairs) };
}

async function fromFile(path: string, alpha: number | undefined): Promise<PolicyChanges> {
  const { tensors } = await readSafetensors(path);
  const matrices = new Map<string, HostTensor>();
  const weights = new Map<string, HostTensor>();
  for (const [name, tensor] of tensors) {
    const [, layer, side] = matrixName.exec(name) ?? [];
    if (layer === undefined) weights.set(originalName(name), tensor);
    else matrices.set(peftKeys(originalPath(layer))[side === "A" ? "a" : "b"], tensor);
  }
  if (matrices.size === 0) return { adapter: null, weights };
  const first = [...matrices].find(([name]) => name.endsWith(".lora_A.weight"))?.[1];
  const rank = first?.shape[0] ?? 0;
  return { adapter: adapterFromHost(matrices, { rank, alpha: alpha ?? rank }), weights };
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
    return { adapter: inOriginalNames(await readPeftAdapter(path)), weights: new Map() };
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
  for (const [name, { shape }] of weights) compare(name, shape);
  for (const [path, { a, b }] of Object.entries(adapter?.pairs ?? {})) {
    compare(`${path}.weight`, [b.shape[0], a.shape[1]]);
    if (weights.has(`${path}.weight`)) lines.push(`both replaced and adapted: ${path}.weight`);
  }
  if (lines.length === 0) return;
  throw new JanusError(
    "EASEL_JANUS_ADAPTER_MISMATCH",
    `${source} does not belong to this checkpoint (${lines.length} differences). ` +
      `Pass the checkpoint that it was trained from.\n  ${lines.join("\n  ")}`,
  );
}
