// What can be measured: a checkpoint's folder, a policy over it, or a checkpoint of a run, which is such a policy.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { CliError } from "../errors.js";
import { alphaOfRun } from "../export/alpha-of-run.js";
import { checkpointDigest } from "../model/checkpoint-digest.js";
import { policyDigest } from "../model/stored-policy.js";
import { shippedPath } from "../shipped-path.js";

/** One model to measure. */
export type ModelUnderTest = {
  /** What it is, for people. */
  readonly name: string;
  /** Folder of the whole checkpoint. */
  readonly checkpoint: string;
  /** Weights over it, or null. */
  readonly policyFile: string | null;
  /** Of a LoRA adapter, where it is not its rank. */
  readonly alpha: number | undefined;
};

/** The digests that a model's samples depend on. */
export type ModelIdentity = { readonly checkpoint: string; readonly policy: string | null };

const policyName = "policy.safetensors";

/**
 * The model at `path`: a checkpoint's folder, over which `policy` may be laid, or the folder of a run's checkpoint, which is
 * a policy over the checkpoint that its run began with. Alpha of an adapter comes from its run unless it is given.
 *
 * @param policy `policy.safetensors`, the folder that it lies in, or an adapter's folder in PEFT's form
 * @throws CliError `EASEL_CLI_OPTION` when a policy's own checkpoint is not known, or two policies are named
 */
export async function modelAt(path: string, policy?: string, alpha?: number): Promise<ModelUnderTest> {
  const inside = join(path, policyName);
  const isPolicy = existsSync(inside) && !existsSync(join(path, "config.json"));
  if (isPolicy && policy !== undefined) {
    throw new CliError(
      "EASEL_CLI_OPTION",
      `${path} is a policy itself, and ${policy} is another one. Name the checkpoint that the policy belongs to, or leave one out.`,
    );
  }
  if (isPolicy) {
    return { ...(await policyOver(await baseOf(path), inside, alpha)), name: path };
  }
  if (policy === undefined) return { name: path, checkpoint: path, policyFile: null, alpha: undefined };
  // A run's checkpoint holds the file; an adapter's folder of PEFT is read as it is.
  const held = join(policy, policyName);
  return await policyOver(path, existsSync(held) ? held : policy, alpha);
}

async function policyOver(
  checkpoint: string,
  policyFile: string,
  alpha: number | undefined,
): Promise<ModelUnderTest> {
  const known = alpha ?? (await alphaOfRun(policyFile));
  return { name: `${policyFile} over ${checkpoint}`, checkpoint, policyFile, alpha: known };
}

/** The checkpoint that the run of a policy began with. */
async function baseOf(policyFolder: string): Promise<string> {
  const run = dirname(dirname(resolve(policyFolder)));
  const text = await readFile(join(run, "config.json"), "utf8").catch(() => null);
  const config = text === null ? null : (JSON.parse(text) as { model?: { checkpoint?: unknown } } | null);
  const base = config?.model?.checkpoint;
  if (typeof base === "string") return shippedPath(base);
  throw new CliError(
    "EASEL_CLI_OPTION",
    `${policyFolder} holds a policy alone and lies in no run that says what it belongs to. Name the checkpoint it was trained from, and this folder with --policy or --against-policy.`,
  );
}

/** Digests the model's files. */
export async function identityOf({ checkpoint, policyFile, alpha }: ModelUnderTest): Promise<ModelIdentity> {
  return {
    checkpoint: await checkpointDigest(checkpoint),
    // Alpha scales the adapter, so the same file under another alpha is another policy.
    policy: policyFile === null ? null : `${await policyDigest(policyFile)}/${alpha ?? "rank"}`,
  };
}
