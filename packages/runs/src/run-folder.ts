// Where everything of a run lies, and making, finding, listing and removing run folders. What the files hold is in
// summary.ts, metrics-log.ts and sample-record.ts.
import { lstat, mkdir, readdir, realpath, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { RunConfig } from "@easel/config";
import { writeFileAtomic } from "./atomic-file.js";
import { RunsError } from "./errors.js";
import { compareRunIds, isRunId, runId } from "./run-id.js";

/** The paths of one run. Not all of them exist from the start. */
export type RunFolder = {
  readonly id: string;
  readonly path: string;
  /** The resolved configuration, JSON. */
  readonly config: string;
  /** Records of steps and evaluations, a line each. */
  readonly metrics: string;
  /** Written when the run ends; its absence marks a run that goes on or was cut off. */
  readonly summary: string;
  readonly report: string;
  readonly checkpoints: string;
  /** Pictures with their plans. */
  readonly samples: string;
  /** One file of JSON lines a process. */
  readonly logs: string;
  /** Consumed trajectories and scores. */
  readonly archive: string;
  /** The broker's store, when the run has a broker of its own. */
  readonly broker: string;
};

/** The paths of a run under `root`. Touches nothing. */
export function runFolder(root: string, id: string): RunFolder {
  const path = join(resolve(root), id);
  return {
    id,
    path,
    config: join(path, "config.json"),
    metrics: join(path, "metrics.jsonl"),
    summary: join(path, "summary.json"),
    report: join(path, "report.html"),
    checkpoints: join(path, "checkpoints"),
    samples: join(path, "samples"),
    logs: join(path, "logs"),
    archive: join(path, "archive"),
    broker: join(path, "broker"),
  };
}

/**
 * Makes the folder of a new run and writes its configuration. Two starts in the same minute get different folders.
 *
 * @param startedAt taken from the caller's clock
 */
export async function createRunFolder(root: string, config: RunConfig, startedAt: Date): Promise<RunFolder> {
  await mkdir(root, { recursive: true });
  for (let number = 1; ; number += 1) {
    const folder = runFolder(root, runId(startedAt, config.run.name, number));
    try {
      await mkdir(folder.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") continue;
      throw error;
    }
    for (const part of [folder.checkpoints, folder.samples, folder.logs, folder.archive]) await mkdir(part);
    await writeFileAtomic(folder.config, `${JSON.stringify(config, null, 2)}\n`);
    return folder;
  }
}

/** Ids of all runs under `root`, the newest last. None when the folder does not exist. */
export async function runIds(root: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(root, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && isRunId(entry.name))
      .map((entry) => entry.name)
      .sort(compareRunIds);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/**
 * Finds an existing run.
 *
 * @param run an id, the path of a run's folder below `root`, or `last` for the newest
 * @throws RunsError `EASEL_RUNS_NOT_FOUND` or `EASEL_RUNS_BAD_ID`
 */
export async function findRunFolder(root: string, run: string): Promise<RunFolder> {
  const ids = await runIds(root);
  const asPath = resolve(run);
  const id =
    run === "last"
      ? ids.at(-1)
      : dirname(asPath) === resolve(root)
        ? asPath.slice(dirname(asPath).length + 1)
        : run;
  if (id !== undefined && ids.includes(id)) return runFolder(root, id);
  if (id !== undefined && !isRunId(id)) {
    throw new RunsError(
      "EASEL_RUNS_BAD_ID",
      `"${run}" is not the id of a run. Ids look like 2026-11-23-1542-nano-1; "easel runs list" shows them.`,
    );
  }
  const known = ids.length === 0 ? `There is no run under ${root} yet.` : `The newest is ${ids.at(-1)}.`;
  throw new RunsError(
    "EASEL_RUNS_NOT_FOUND",
    `There is no run ${run === "last" ? "" : `${run} `}under ${root}. ${known} "easel runs list" shows all; --root names another folder.`,
  );
}

/** When anything of the run was last written, Unix ms; looks at the files that a running one keeps touching. */
export async function lastWrittenMs(folder: RunFolder): Promise<number> {
  const logs = await readdir(folder.logs).catch(() => []);
  const paths = [folder.path, folder.metrics, ...logs.map((name) => join(folder.logs, name))];
  const times = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return Math.max(...times);
}

/**
 * Removes a run's folder with all that is in it. Never anything outside `root`: the id must be one path segment, and the
 * folder a real one, not a link.
 *
 * @throws RunsError `EASEL_RUNS_BAD_ID`, `EASEL_RUNS_NOT_FOUND` or `EASEL_RUNS_OUTSIDE_ROOT`
 */
export async function removeRun(root: string, id: string): Promise<void> {
  if (!isRunId(id)) {
    throw new RunsError(
      "EASEL_RUNS_BAD_ID",
      `"${id}" is not the id of a run, nothing was removed. Pass an id as "easel runs list" shows it.`,
    );
  }
  const folder = runFolder(root, id);
  const found = await lstat(folder.path).catch(() => null);
  if (found === null) {
    throw new RunsError("EASEL_RUNS_NOT_FOUND", `There is no run ${id} under ${root}; nothing was removed.`);
  }
  const inside = dirname(await realpath(folder.path)) === (await realpath(root));
  if (!found.isDirectory() || !inside) {
    throw new RunsError(
      "EASEL_RUNS_OUTSIDE_ROOT",
      `${folder.path} is a link or no folder; nothing was removed. Remove it by hand if you mean to.`,
    );
  }
  await rm(folder.path, { recursive: true });
}
