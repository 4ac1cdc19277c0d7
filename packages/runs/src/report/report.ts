// report.html: one file that shows a run to a person who has nothing else. No script, nothing loaded from elsewhere.
import { readFile } from "node:fs/promises";
import { writeFileAtomic } from "../atomic-file.js";
import { type ReadMetrics, readMetrics } from "../metrics-log.js";
import type { RunFolder } from "../run-folder.js";
import { readSamples } from "../sample-record.js";
import { type RunSummary, readSummary } from "../summary.js";
import { caveatsOf, warningsOf } from "./caveats.js";
import { curvesSection } from "./curves-section.js";
import { escapeHtml } from "./html.js";
import { pageStyle } from "./page-style.js";
import { headline, splitSection } from "./results-section.js";
import { type SamplePairs, samplesSection } from "./samples-section.js";
import { fatesTable, identities, settingAt, settingsTable } from "./settings-section.js";

/** Everything a report is made of. */
export type ReportContent = {
  readonly id: string;
  /** The resolved configuration as JSON, or null. */
  readonly config: unknown;
  readonly summary: RunSummary | null;
  readonly metrics: ReadMetrics;
  /** At most one entry a temperature. */
  readonly samples: readonly SamplePairs[];
};

/** Phases of samples that the report pairs, by temperature. */
export const samplePhases = {
  sampled: { before: "before", after: "after" },
  greedy: { before: "before-greedy", after: "after-greedy" },
} as const;

/**
 * Makes `report.html` from the run's folder, at any time and again.
 *
 * @returns the path
 */
export async function writeReport(folder: RunFolder): Promise<string> {
  const config: unknown = await readFile(folder.config, "utf8")
    .then(JSON.parse)
    .catch(() => null);
  const samples: SamplePairs[] = [];
  for (const { before, after } of Object.values(samplePhases)) {
    samples.push({
      before: await readSamples(folder.samples, before),
      after: await readSamples(folder.samples, after),
    });
  }
  const content: ReportContent = {
    id: folder.id,
    config,
    summary: await readSummary(folder),
    metrics: await readMetrics(folder.metrics),
    samples,
  };
  await writeFileAtomic(folder.report, reportHtml(content), { durable: false });
  return folder.report;
}

/** The page. Pure. */
export function reportHtml({ id, config, summary, metrics, samples }: ReportContent): string {
  const results = [summary?.results.test ?? null, summary?.results.dev ?? null].filter((one) => one !== null);
  const warnings = warningsOf(summary, (path) => settingAt(config, path));
  const caveats = caveatsOf(summary, metrics);
  const notices = metrics.records.filter((record) => record.kind === "notice");
  const grids = samples.map(samplesSection).filter((grid) => grid !== "");
  const sections = [
    ...(results.length === 0
      ? []
      : [section("Before and after", results.map((one) => splitSection(one)).join(""))]),
    section(
      "Curves over updates",
      curvesSection(metrics, summary?.results.dev ?? summary?.results.test ?? null),
    ),
    section(
      "Pictures with their plans",
      grids.length === 0
        ? ""
        : `<p class="note">The first prompts of the set and their first samples, not chosen. Boxes are the plan that the model wrote before it drew.</p>${grids.join("")}`,
    ),
    ...(summary === null ? [] : [section("Groups and samples", fatesTable(summary))]),
    section(
      "Events",
      notices.length === 0
        ? ""
        : `<ul>${notices.map(({ step, text }) => `<li>step ${step}: ${escapeHtml(text)}</li>`).join("")}</ul>`,
    ),
    section(
      "Caveats",
      `<ul class="caveats">${caveats.map((one) => `<li>${escapeHtml(one)}</li>`).join("")}</ul>`,
    ),
    section(
      "Settings",
      `${summary === null ? "" : identities(summary)}<h3>Configuration</h3>${settingsTable(config)}`,
    ),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(id)}</title><style>${pageStyle}</style></head>
<body><h1>${escapeHtml(id)}</h1>
<p class="muted">${escapeHtml(subtitle(summary))}</p>
${warnings.map((one) => `<p class="warning">${escapeHtml(one)}</p>`).join("")}
${summary === null ? "" : headline(summary)}
${sections.join("\n")}
</body></html>
`;
}

function section(title: string, body: string): string {
  return body === "" ? "" : `<section><h2>${escapeHtml(title)}</h2>${body}</section>`;
}

function subtitle(summary: RunSummary | null): string {
  if (summary === null) return "Easel run without a summary yet";
  return `Easel run, ${summary.ending}, ${summary.finishedAt.slice(0, 16).replace("T", " ")} UTC`;
}
