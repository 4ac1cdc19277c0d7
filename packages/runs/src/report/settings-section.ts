// The resolved configuration, identities, and the counts of groups and samples as tables.
import { sumOf, whole } from "../figures.js";
import type { Fates, RunSummary } from "../summary.js";
import { escapeHtml } from "./html.js";

/** Leaves of a JSON value with dotted names, in their order. Lists of plain values count as one leaf. */
export function leavesOf(value: unknown, path = ""): readonly (readonly [string, unknown])[] {
  const plain = (one: unknown): boolean => one === null || typeof one !== "object";
  if (plain(value) || (Array.isArray(value) && value.every(plain))) return [[path, value]];
  return Object.entries(value as Readonly<Record<string, unknown>>).flatMap(([key, inner]) =>
    leavesOf(inner, path === "" ? key : `${path}.${key}`),
  );
}

/** A setting by its dotted name; undefined when there is none. */
export function settingAt(config: unknown, path: string): unknown {
  return leavesOf(config).find(([name]) => name === path)?.[1];
}

/** The configuration as a table. */
export function settingsTable(config: unknown): string {
  if (config === null) return '<p class="note">The configuration of this run could not be read.</p>';
  const rows = leavesOf(config).map(([name, value]) => {
    const shown = Array.isArray(value) ? value.join(", ") : String(value);
    return `<tr><td><code>${escapeHtml(name)}</code></td><td><code>${escapeHtml(shown)}</code></td></tr>`;
  });
  return `<div class="scroll"><table class="settings"><tbody>${rows.join("")}</tbody></table></div>`;
}

/** What became of groups and samples. */
export function fatesTable({ groups, samples }: RunSummary): string {
  const line = (name: string, pick: (fates: Fates) => number): string =>
    `<tr><td>${escapeHtml(name)}</td><td>${whole(pick(groups))}</td><td>${whole(pick(samples))}</td></tr>`;
  const reasons = (kind: "dropped" | "dead"): string[] =>
    [...new Set([...Object.keys(groups[kind]), ...Object.keys(samples[kind])])].map((reason) =>
      line(`· ${reason}`, (fates) => fates[kind][reason] ?? 0),
    );
  const rows = [
    line("issued", (fates) => fates.issued),
    line("trained on", (fates) => fates.trained),
    line("dropped", (fates) => sumOf(fates.dropped)),
    ...reasons("dropped"),
    line("dead", (fates) => sumOf(fates.dead)),
    ...reasons("dead"),
    line("in flight at the end", (fates) => fates.inFlight),
  ];
  return `<table style="width:auto"><thead><tr><th></th><th>groups</th><th>samples</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

/** Engine and weights, as identities to compare with. */
export function identities({ engine, weights, startedAt, finishedAt }: RunSummary): string {
  return settingsTable({
    started: startedAt,
    finished: finishedAt,
    engine: `${engine.backend}, ${engine.library} ${engine.version}, ${engine.threads} threads`,
    "engine fingerprint": engine.fingerprint,
    "weights before": weights.before,
    "weights after": weights.after,
  });
}
