// The results of a run that is gone on with: they are of fewer steps than it will have, so they step aside before it trains.
import { rename } from "node:fs/promises";
import { join } from "node:path";
import type { RunConfig } from "@easel/config";
import { type MetricsRecord, type RunFolder, readMetrics, readSummary, stepsOf } from "@easel/runs";

/** Whether the limits of a run leave something to train, going by what its metrics say. */
export function goesOn({ learner }: RunConfig, records: readonly MetricsRecord[]): boolean {
  const steps = stepsOf(records).at(-1)?.step ?? 0;
  const elapsed = records.map((record) => (record.kind === "notice" ? 0 : (record.elapsedMs ?? 0)));
  const elapsedMs = elapsed.reduce((most, ms) => Math.max(most, ms), 0);
  return steps < learner.steps && (learner.maxTimeMs === null || elapsedMs < learner.maxTimeMs);
}

/**
 * Renames `summary.json` and `report.html` after the step they are of, if the run will go beyond it: until it has finished again it has
 * no summary, as any run that goes on. Returns the summary's new path, or null when nothing was renamed.
 */
export async function setSummaryAside(folder: RunFolder, config: RunConfig): Promise<string | null> {
  const summary = await readSummary(folder).catch(() => null);
  if (summary === null || !goesOn(config, (await readMetrics(folder.metrics)).records)) return null;
  const aside = join(folder.path, `summary-step-${summary.steps}.json`);
  await rename(folder.summary, aside);
  // A report can be made again at any time, and there need not be one.
  await rename(folder.report, join(folder.path, `report-step-${summary.steps}.html`)).catch(() => {});
  return aside;
}
