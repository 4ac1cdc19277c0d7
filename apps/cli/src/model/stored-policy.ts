// What training made, as it is stored: policy.safetensors, the folder of a run's checkpoint that holds it, or an adapter's folder in
// the form of the PEFT library. What is laid over which checkpoint, and how, is checkpoint-with-policy.ts.
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import {
  adapterVariables,
  disposeAdapter,
  type HostTensor,
  readSafetensors,
  variablesToHost,
} from "@easel/engine";
import { readJanusAdapter } from "@easel/janus";
import { fileDigest } from "./checkpoint-digest.js";

/** The files of an adapter's folder. */
const adapterFiles = ["adapter_config.json", "adapter_model.safetensors"] as const;

/** Where the tensors are: one file, or a folder of PEFT. */
async function placeOf(path: string): Promise<{ readonly kind: "file" | "peft"; readonly path: string }> {
  if ((await stat(path)).isFile()) return { kind: "file", path };
  const isPeft = await stat(join(path, adapterFiles[0])).then(
    () => true,
    () => false,
  );
  return isPeft ? { kind: "peft", path } : { kind: "file", path: join(path, "policy.safetensors") };
}

/**
 * Trained weights, or an adapter's matrices and token rows, under the names of policy.safetensors. Needs a started engine.
 *
 * @param alpha of an adapter whose file does not say it
 * @returns with the alpha that the files say, where they do
 * @throws EngineError `EASEL_ENGINE_ADAPTER_FILE`, `EASEL_ENGINE_SAFETENSORS_*`
 */
export async function readStoredPolicy(
  path: string,
  alpha: number | undefined,
): Promise<{ readonly tensors: ReadonlyMap<string, HostTensor>; readonly alpha: number | undefined }> {
  const place = await placeOf(path);
  if (place.kind === "file") return { tensors: (await readSafetensors(place.path)).tensors, alpha };
  const adapter = await readJanusAdapter(place.path);
  try {
    return { tensors: await variablesToHost(adapterVariables(adapter)), alpha: adapter.alpha };
  } finally {
    disposeAdapter(adapter);
  }
}

/** SHA-256 over the files of a policy, hex. */
export async function policyDigest(path: string): Promise<string> {
  const place = await placeOf(path);
  if (place.kind === "file") return await fileDigest(place.path);
  const hash = createHash("sha256");
  for (const name of adapterFiles) hash.update(`${name}\n${await fileDigest(join(path, name))}\n`);
  return hash.digest("hex");
}
