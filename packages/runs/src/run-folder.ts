// Where everything of a run lies, and making, finding, listing and removing run folders. What the files hold is in
// summary.ts, metrics-log.ts and sample-record.ts.
import { lstat, mkdir, readdir, readFile, realpath, rm, stat, utimes } from "node:fs/promises";
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
  /** The policy that did best on the dev prompts so far. */
  readonly best: string;
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
    best: join(path, "best"),
    samples: join(path, "samples"),
    logs: join(path, "logs"),
    archive: join(path, "archive"),
    broker: join(path, "broker"),
  };
}

/**
 * Makes the folder of a new run and writes its configuration, in which `run.name` is the run's id: message subjects of
 * two runs never meet. Two starts in the same minute get different folders.
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
    const named: RunConfig = { ...config, run: { ...config.run, name: folder.id } };
    await writeFileAtomic(folder.config, `${JSON.stringify(named, null, 2)}\n`);
    return folder;
  }
}

/**
 * Reads the configuration a run was started with.
 *
 * @throws RunsError `EASEL_RUNS_DAMAGED` when it is missing or no JSON
 */
export async function readRunConfig(folder: RunFolder): Promise<RunConfig> {
  try {
    return JSON.parse(await readFile(folder.config, "utf8")) as RunConfig;
  } catch (cause) {
    throw new RunsError(
      "EASEL_RUNS_DAMAGED",
      `${folder.config} cannot be read as JSON. Restore the file; without it the run can neither go on nor be understood.`,
      { cause },
    );
  }
}

/** Writes a run's configuration anew, such as with a longer limit. The file's time stays: it says when the run began. */
export async function changeRunConfig(folder: RunFolder, config: RunConfig): Promise<void> {
  const { atime, mtime } = await stat(folder.config);
  await writeFileAtomic(folder.config, `${JSON.stringify(config, null, 2)}\n`);
  await utimes(folder.config, atime, mtime);
}

/** Ids of all runs under `root`, the newest last: folders with a configuration. None when `root` does not exist. */
export async function runIds(root: string): Promise<readonly string[]> {
  const names = await readdir(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const found: { readonly id: string; readonly startedMs: number }[] = [];
  for (const id of names.filter(isRunId)) {
    // Written once, at the start.
    const startedMs = await stat(runFolder(root, id).config).then(
      ({ mtimeMs }) => mtimeMs,
      () => null,
    );
    if (startedMs !== null) found.push({ id, startedMs });
  }
  return found.sort((a, b) => a.startedMs - b.startedMs || compareRunIds(a.id, b.id)).map(({ id }) => id);
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
 * Removes a run's folder with all that is in it. Never anything else: the id must be one path segment, and the folder a
 * real one with a configuration, not a link.
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
  if (!(await runIds(root)).includes(id)) {
    throw new RunsError(
      "EASEL_RUNS_NOT_FOUND",
      `${folder.path} has no config.json, so it is no run's folder; nothing was removed. Remove it by hand if you mean to.`,
    );
  }
  await rm(folder.path, { recursive: true });
}
