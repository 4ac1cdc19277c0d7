// A checkpoint and, over it, the weights that training wrote (policy.safetensors). Both can be drawn from one after the
// other with one set of compiled functions: the policy is assigned in place.
import {
  adapterVariables,
  assignVariables,
  createAdapter,
  EngineError,
  type HostTensor,
  parseAdapterVariable,
  tf,
} from "@easel/engine";
import { type JanusModel, loadJanus, type ModelPart } from "@easel/janus";
import type { WeightStorage } from "@easel/training";
import { CliError } from "../errors.js";
import { readStoredPolicy } from "./stored-policy.js";

/** A model that is the checkpoint until {@link CheckpointWithPolicy.apply} is called. */
export type CheckpointWithPolicy = {
  readonly model: JanusModel;
  /** Turns the model into the trained one. Null without a policy. */
  readonly apply: (() => void) | null;
};

/** What is loaded and how it lies in memory. */
export type CheckpointLoading = {
  /** Of weights that the policy does not replace; float32 when left out. */
  readonly weights?: WeightStorage;
  /** Everything but the understanding tower when left out. */
  readonly parts?: readonly ModelPart[];
};

/**
 * Loads both. The layout tokens of GoT-R1 are added where the checkpoint is a plain Janus one.
 *
 * @param policyFile `policy.safetensors` of a run's checkpoint: trained weights, or an adapter's matrices and token rows; or an
 *   adapter's folder in the form of the PEFT library
 * @param loraAlpha alpha of that adapter; its rank by default
 * @throws CliError `EASEL_CLI_POLICY_FILE` when the policy does not fit; errors of the checkpoint as `loadJanus`
 */
export async function loadWithPolicy(
  folder: string,
  policyFile: string | undefined,
  loraAlpha: number | undefined,
  { weights = "float32", parts }: CheckpointLoading = {},
): Promise<CheckpointWithPolicy> {
  const loading = {
    addLayoutTokens: true,
    keepHalf: weights === "bfloat16",
    ...(parts === undefined ? {} : { parts }),
  };
  if (policyFile === undefined) return { model: await loadJanus(folder, loading), apply: null };
  const { tensors, alpha } = await readStoredPolicy(policyFile, loraAlpha);
  const model = await loadJanus(folder, {
    ...loading,
    trainable: (name) => tensors.has(name),
  });
  if ([...tensors.keys()].some((name) => parseAdapterVariable(name) !== null)) {
    return withAdapter(model, tensors, policyFile, alpha);
  }
  const variables = Object.fromEntries(
    Object.entries(model.params.weights).flatMap(([name, weight]) =>
      weight instanceof tf.Variable ? [[name, weight] as const] : [],
    ),
  );
  return { model, apply: () => assignPolicy(variables, tensors, policyFile) };
}

function withAdapter(
  model: JanusModel,
  tensors: ReadonlyMap<string, HostTensor>,
  policyFile: string,
  loraAlpha: number | undefined,
): CheckpointWithPolicy {
  const parts = [...tensors.keys()].sort().map(parseAdapterVariable);
  const paths = [...new Set(parts.flatMap((part) => (part?.kind === "a" ? part.path : [])))];
  const rows = parts.flatMap((part) => (part?.kind === "tokenRows" ? [[part.path, part.ids] as const] : []));
  const rank = tensors.get(`${paths[0]}.lora_A`)?.shape[0] ?? 0;
  const { params } = model;
  try {
    // The second matrix of a new adapter is zero, so that the model is still the checkpoint; its first matrix does not
    // matter before the policy's replaces it.
    const adapter = createAdapter({
      paths,
      params,
      rank,
      alpha: loraAlpha ?? rank,
      random: { next: () => 0.5 },
      tokenRows: Object.fromEntries(rows),
    });
    return {
      model: { ...model, params: { ...params, adapters: [...(params.adapters ?? []), adapter] } },
      apply: () => assignPolicy(adapterVariables(adapter), tensors, policyFile),
    };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw doesNotFit(policyFile, error.message.replace(/\.$/, ""), error);
  }
}

function assignPolicy(
  variables: Readonly<Record<string, tf.Variable>>,
  tensors: ReadonlyMap<string, HostTensor>,
  policyFile: string,
): void {
  for (const [name, { shape }] of tensors) {
    const found = variables[name]?.shape;
    if (found === undefined) throw doesNotFit(policyFile, `the checkpoint has no ${name}`);
    if (found.join() !== shape.join()) {
      throw doesNotFit(
        policyFile,
        `${name} is [${shape.join(", ")}] in it, and [${found.join(", ")}] in the checkpoint`,
      );
    }
  }
  assignVariables(variables, tensors);
}

function doesNotFit(policyFile: string, reason: string, cause?: unknown): CliError {
  return new CliError(
    "EASEL_CLI_POLICY_FILE",
    `${policyFile} does not belong to this checkpoint: ${reason}. Pass the checkpoint that the run started from.`,
    { cause },
  );
}
