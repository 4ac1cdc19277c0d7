// Settings of a run that is gone on with: those it began with, but for its limits. Pure.
import { isDeepStrictEqual } from "node:util";
import type { RunConfig } from "@easel/config";
import { TrainError } from "./errors.js";

/** Settings that have another name once they are compiled. */
const compiledNames: Readonly<Record<string, string>> = {
  "learner.maxTime": "learner.maxTimeMs",
  "bus.lease": "bus.leaseMs",
  "bus.imageQuota": "bus.imageQuotaBytes",
};

/** Where runs are and what a new one is called: they say nothing of a run that exists. */
const aboutNewRuns: ReadonlySet<string> = new Set(["run.dir", "run.name"]);

/**
 * The configuration of a run with the limits that were asked for.
 *
 * @param began the run's own configuration
 * @param asked a configuration with everything that the user set
 * @param sets what the user set, as `section.name=value`
 * @throws TrainError `EASEL_TRAIN_SETTING_FIXED` naming a setting that a run keeps from its beginning to its end
 */
export function resumedSettings(began: RunConfig, asked: RunConfig, sets: readonly string[]): RunConfig {
  let learner = began.learner;
  for (const text of sets) {
    const name = text.slice(0, Math.max(0, text.indexOf("="))).trim();
    const path = (compiledNames[name] ?? name).split(".");
    if (aboutNewRuns.has(name) || isDeepStrictEqual(valueAt(asked, path), valueAt(began, path))) continue;
    if (name === "learner.steps") learner = { ...learner, steps: asked.learner.steps };
    else if (name === "learner.maxTime") learner = { ...learner, maxTimeMs: asked.learner.maxTimeMs };
    else {
      throw new TrainError(
        "EASEL_TRAIN_SETTING_FIXED",
        `--set ${text} cannot be applied to a run that is resumed: of its settings only the limits learner.steps and learner.maxTime may change. Leave it out, or start a new run with it.`,
      );
    }
  }
  return learner === began.learner ? began : { ...began, learner };
}

function valueAt(config: RunConfig, path: readonly string[]): unknown {
  let value: unknown = config;
  for (const name of path) value = (value as Readonly<Record<string, unknown>> | undefined)?.[name];
  return value;
}
