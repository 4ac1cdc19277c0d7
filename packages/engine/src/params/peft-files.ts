// Adapters as files in the layout of the PEFT library: adapter_config.json and adapter_model.safetensors.
// Plain LoRA only; variants that compute something else are refused rather than misread.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { EngineError } from "../errors.js";
import { writeFileAtomically } from "../safetensors/atomic-file.js";
import type { HostTensor } from "../safetensors/host-tensor.js";
import { readSafetensors } from "../safetensors/read.js";
import { fromTensor, toTensor } from "../safetensors/tensor-conversion.js";
import { writeSafetensors } from "../safetensors/write.js";
import { tf } from "../tf.js";
import type { Adapter, TrainableAdapter } from "./params.js";

const KEY_PREFIX = "base_model.model.";
const CONFIG_FILE = "adapter_config.json";
const WEIGHTS_FILE = "adapter_model.safetensors";

/** The PEFT names of a layer's two matrices. */
export function peftKeys(path: string): { readonly a: string; readonly b: string } {
  return { a: `${KEY_PREFIX}${path}.lora_A.weight`, b: `${KEY_PREFIX}${path}.lora_B.weight` };
}

/** An adapter's matrices in host memory, F32, under their PEFT names. */
export async function adapterToHost(adapter: Adapter): Promise<Map<string, HostTensor>> {
  const tensors = new Map<string, HostTensor>();
  for (const [path, { a, b }] of Object.entries(adapter.pairs)) {
    const keys = peftKeys(path);
    tensors.set(keys.a, await fromTensor(a));
    tensors.set(keys.b, await fromTensor(b));
  }
  return tensors;
}

/**
 * Builds a trainable adapter from matrices under PEFT names.
 * @param o.rank checked against the shapes
 * @throws EngineError EASEL_ENGINE_ADAPTER_FILE for a foreign key, a missing half of a pair or a wrong shape
 */
export function adapterFromHost(
  tensors: ReadonlyMap<string, HostTensor>,
  o: { readonly rank: number; readonly alpha: number },
): TrainableAdapter {
  const pairs: Record<string, { a: tf.Variable; b: tf.Variable }> = {};
  for (const path of layerPaths(tensors)) {
    const keys = peftKeys(path);
    const a = tensors.get(keys.a);
    const b = tensors.get(keys.b);
    if (a === undefined || b === undefined) throw fileError(`${path} has only one of lora_A and lora_B`);
    const shapesFit =
      a.shape.length === 2 && b.shape.length === 2 && a.shape[0] === o.rank && b.shape[1] === o.rank;
    if (!shapesFit) {
      throw fileError(
        `${path} has shapes [${a.shape.join(", ")}] and [${b.shape.join(", ")}], which do not fit rank ${o.rank}`,
      );
    }
    pairs[path] = tf.tidy(() => ({ a: tf.variable(toTensor(a)), b: tf.variable(toTensor(b)) }));
  }
  return { rank: o.rank, alpha: o.alpha, pairs };
}

/**
 * Reads a PEFT adapter folder.
 * @throws EngineError EASEL_ENGINE_ADAPTER_FILE when it is not plain LoRA
 */
export async function readPeftAdapter(folder: string): Promise<TrainableAdapter> {
  const config: unknown = JSON.parse(await readFile(join(folder, CONFIG_FILE), "utf8"));
  const { tensors } = await readSafetensors(join(folder, WEIGHTS_FILE));
  return adapterFromHost(tensors, plainLoraConfig(config));
}

/**
 * Writes an adapter as a folder that PEFT loads. The folder must exist. The configuration is written last.
 * @param o.baseModel what PEFT notes as the base model's name or path
 */
export async function writePeftAdapter(
  folder: string,
  adapter: Adapter,
  o: { readonly baseModel?: string } = {},
): Promise<void> {
  await writeSafetensors(join(folder, WEIGHTS_FILE), await adapterToHost(adapter), { format: "pt" });
  const config = {
    peft_type: "LORA",
    base_model_name_or_path: o.baseModel ?? null,
    r: adapter.rank,
    lora_alpha: adapter.alpha,
    lora_dropout: 0,
    bias: "none",
    inference_mode: true,
    // Full paths: a bare name such as q_proj would also match layers of other towers.
    target_modules: Object.keys(adapter.pairs).sort(),
  };
  await writeFileAtomically(join(folder, CONFIG_FILE), async (file) => {
    await file.writeFile(`${JSON.stringify(config, null, 2)}\n`);
  });
}

function layerPaths(tensors: ReadonlyMap<string, HostTensor>): readonly string[] {
  const paths = new Set<string>();
  for (const key of tensors.keys()) {
    const path = /^base_model\.model\.(.+)\.lora_[AB]\.weight$/.exec(key)?.[1];
    if (path === undefined) throw fileError(`the key ${JSON.stringify(key)} is not a LoRA matrix`);
    paths.add(path);
  }
  return [...paths];
}

function plainLoraConfig(config: unknown): { readonly rank: number; readonly alpha: number } {
  if (typeof config !== "object" || config === null) throw fileError(`${CONFIG_FILE} is not an object`);
  const fields: Readonly<Record<string, unknown>> = { ...config };
  if (fields.peft_type !== "LORA") throw fileError(`its peft_type is ${JSON.stringify(fields.peft_type)}`);
  for (const flag of ["use_rslora", "use_dora", "fan_in_fan_out"]) {
    if (fields[flag] === true) throw fileError(`it uses ${flag}`);
  }
  for (const pattern of ["rank_pattern", "alpha_pattern"]) {
    if (Object.keys(fields[pattern] ?? {}).length > 0) throw fileError(`it uses ${pattern}`);
  }
  const { r, lora_alpha: alpha } = fields;
  if (typeof r !== "number" || typeof alpha !== "number") throw fileError("it lacks r or lora_alpha");
  return { rank: r, alpha };
}

function fileError(reason: string): EngineError {
  return new EngineError(
    "EASEL_ENGINE_ADAPTER_FILE",
    `This adapter cannot be read: ${reason}. Export it as plain LoRA with one rank and one alpha.`,
  );
}
