// The sizes of the model that a plan is for: from a config.json where there is one, else from a known name. No weights.
import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { type JanusConfig, loadConfig } from "@easel/janus";
import { knownModel, knownModels, PlanError } from "@easel/plan";

/** A model's sizes and where they come from, in words. */
export type PlannedModel = { readonly config: JanusConfig; readonly from: string };

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}

/**
 * @param wanted a folder with a config.json, that file, or a known name; a path that does not exist goes by its last part
 * @throws PlanError `EASEL_PLAN_MODEL`; JanusError for a config.json that is none
 */
export async function plannedModel(wanted: string, imageSize?: number): Promise<PlannedModel> {
  const options = imageSize === undefined ? {} : { imageSize };
  const folder = basename(wanted) === "config.json" ? dirname(wanted) : wanted;
  if (await isFolder(folder)) {
    return { config: await loadConfig(folder, options), from: `${folder}/config.json` };
  }
  const name = basename(wanted);
  const known = knownModel(name);
  if (known !== null) return { config: known.config, from: `the known sizes of ${known.name}` };
  throw new PlanError(
    "EASEL_PLAN_MODEL",
    `There is no folder ${wanted}, and "${name}" is no known model. Name a config.json or its folder with --model, or one of ${knownModels.join(", ")}.`,
  );
}
