// The list of runs with what is known of each, as `easel runs list` shows it.
import { duration, reward } from "./figures.js";
import { readMetrics, stepsOf } from "./metrics-log.js";
import { findRunFolder, lastWrittenMs, type RunFolder, runIds } from "./run-folder.js";
import { type RunSummary, readSummary } from "./summary.js";
import { textTable } from "./text-table.js";

/** One run in the list. */
export type RunListing = {
  readonly folder: RunFolder;
  /** Null while the run goes on or when it was cut off, and when its summary is damaged. */
  readonly summary: RunSummary | null;
  readonly steps: number;
  readonly lastWrittenMs: number;
};

/** A run without a summary that wrote something within this time counts as going on. */
const quietMs = 60_000;

/** True while a run seems to be written to. */
export function isActive(listing: RunListing, nowMs: number): boolean {
  return listing.summary === null && nowMs - listing.lastWrittenMs < quietMs;
}

/** What is known of one run. */
export async function describeRun(folder: RunFolder): Promise<RunListing> {
  const summary = await readSummary(folder).catch(() => null);
  const steps = summary?.steps ?? stepsOf((await readMetrics(folder.metrics)).records).at(-1)?.step ?? 0;
  return { folder, summary, steps, lastWrittenMs: await lastWrittenMs(folder) };
}

/** All runs under `root`, the newest last. */
export async function listRuns(root: string): Promise<RunListing[]> {
  const listings: RunListing[] = [];
  for (const id of await runIds(root)) listings.push(await describeRun(await findRunFolder(root, id)));
  return listings;
}

/** The list as text. */
export function runsTable(listings: readonly RunListing[], nowMs: number): string {
  const rows = listings.map((listing) => {
    const { folder, summary, steps } = listing;
    const result = summary?.results.test ?? summary?.results.dev ?? null;
    const first = result?.temperatures[0];
    return [
      folder.id,
      summary?.ending ?? (isActive(listing, nowMs) ? "going on" : "cut off"),
      String(steps),
      reward(first?.before.measures.total.mean),
      reward(first?.after?.measures.total.mean),
      reward(result?.ceiling.measures.total.mean),
      summary === null ? "–" : duration(summary.seconds.total),
    ];
  });
  return textTable([["run", "state", "steps", "before", "after", "ceiling", "time"], ...rows]);
}
