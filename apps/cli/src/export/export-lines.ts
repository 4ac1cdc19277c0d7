// The report of an export as lines for a person. Plain strings.
import type { CheckpointLayout, ExportReport } from "@easel/janus";

/** Names by their first three parts, so that hundreds become a few lines. */
function grouped(names: readonly string[]): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const key = name.split(".").slice(0, 3).join(".");
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  return [...groups].flatMap(([key, members]) =>
    members.length > 1 ? [`  ${key}.* (${members.length})`] : members.map((name) => `  ${name}`),
  );
}

function listed(title: string, names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : [`${title} (${names.length}):`, ...grouped(names)];
}

/** @param policy what became of an adapter, or null without one */
export function exportLines(
  out: string,
  layout: CheckpointLayout,
  report: ExportReport,
  policy: "merged" | "apart" | null,
): readonly string[] {
  const { from, weights, sizeBytes, files, missing, dropped, tokensAdded, notes } = report;
  const megabytes = (sizeBytes / 1e6).toFixed(1);
  const where = files.length === 1 ? (files[0] ?? "") : `${files.length} files`;
  const changed = { merged: ", the adapter merged in", apart: ", the adapter beside them in adapter" };
  return [
    `${out}: ${weights} weights, ${megabytes} MB in ${where}, ${layout} layout (from ${from})${policy === null ? "" : changed[policy]}`,
    ...(tokensAdded ? ["the four layout tokens were added to the tokenizer"] : []),
    ...listed("not in the source, so not in the export", missing),
    ...listed("left out, because the layout has no place for them", dropped),
    ...notes.map((note) => `note: ${note}`),
  ];
}
