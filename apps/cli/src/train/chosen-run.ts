// The run that the command line means: a new one, or one to go on with.
import { dirname, resolve, sep } from "node:path";
import { loadRunConfig, type RunConfig } from "@easel/config";
import { changeRunConfig, createRunFolder, findRunFolder, type RunFolder, readRunConfig } from "@easel/runs";
import { loadTrainingPrompts } from "@easel/shapeworld";
import { shippedPath } from "../shipped-path.js";
import { resumedSettings } from "./resumed-settings.js";

/** What the user said of it. */
export type RunChoice = {
  readonly config?: string;
  readonly set: readonly string[];
  /** Id or folder of a run, or `last`. */
  readonly resume?: string;
};

/**
 * Makes the folder of a new run, or finds an existing one; its settings are those it was started with, but for limits that are
 * set anew.
 *
 * @param env a copy of the environment
 * @param check refuses settings that cannot be trained with, before a folder is made
 */
export async function chosenRun(
  { config: path, set, resume }: RunChoice,
  env: Readonly<Record<string, string | undefined>>,
  check: (config: RunConfig) => Promise<void>,
): Promise<{ readonly folder: RunFolder; readonly config: RunConfig }> {
  const read = await loadRunConfig({ env, sets: set, ...(path === undefined ? {} : { path }) });
  const { trainFile } = read.world;
  const settings: RunConfig = {
    ...read,
    model: { ...read.model, checkpoint: shippedPath(read.model.checkpoint) },
    // Whole: a run may be resumed from any folder.
    world: { ...read.world, trainFile: trainFile === null ? null : resolve(trainFile) },
  };
  if (resume === undefined) {
    await check(settings);
    await checkPrompts(settings);
    const made = await createRunFolder(settings.run.dir, settings, new Date());
    return { folder: made, config: await readRunConfig(made) };
  }
  // A path names its root itself, wherever runs usually are.
  const root = resume.includes(sep) ? dirname(resolve(resume)) : settings.run.dir;
  const found = await findRunFolder(root, resume);
  const began = await readRunConfig(found);
  const config = resumedSettings(began, settings, set);
  await check(config);
  await checkPrompts(config);
  if (config !== began) await changeRunConfig(found, config);
  return { folder: found, config };
}

/** Whether there is anything to train on, before a process is started. What has changed since the run began is the learner's to say. */
async function checkPrompts({ world, run }: RunConfig): Promise<void> {
  if (typeof world.trainFile !== "string") return;
  await loadTrainingPrompts({ file: world.trainFile, count: world.trainPrompts, seed: run.seed });
}
