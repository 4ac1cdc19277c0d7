// What a preparation did, in lines for a person. Everything in them is in the report file too.
import type { DropCounts, GotReport, PromptReport } from "@easel/data";

const count = (value: number): string => value.toLocaleString("en-US");
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function droppedLines(dropped: DropCounts, indent: string): readonly string[] {
  const entries = Object.entries(dropped).sort(([, a], [, b]) => b.count - a.count);
  return entries.map(
    ([reason, { count: times, first }]) =>
      `${indent}${count(times).padStart(9)}  ${reason}, e.g. ${first.slice(0, 2).join(", ")}`,
  );
}

/** Lines about an import. */
export function gotLines(report: GotReport): readonly string[] {
  const { read, kept, dropped, cleaned, output } = report;
  const lines = [`${count(read)} rows read, ${count(kept)} kept, ${count(read - kept)} left out`];
  lines.push(...droppedLines(dropped, ""));
  if (cleaned.colourWords > 0) {
    lines.push(
      `${count(cleaned.colourWords)} colour words removed after boxes in ${count(cleaned.chainsWithColourWords)} chains`,
    );
  }
  if (cleaned.parenthesesKept > 0) {
    lines.push(`${count(cleaned.parenthesesKept)} parentheses after boxes kept: they hold no colour`);
  }
  if (cleaned.sizesCorrected > 0) {
    lines.push(
      `${count(cleaned.sizesCorrected)} noted sizes were not those of the pictures; the pictures' were taken`,
    );
  }
  lines.push(`wrote ${output.file} and ${output.file}.report.json`);
  return lines;
}

/** Lines about a mix. */
export function promptLines(report: PromptReport): readonly string[] {
  const lines: string[] = [];
  for (const source of report.sources) {
    const { name, declaredShare, trainShare, train, dev, available, read, dropped } = source;
    const devPart = report.dev > 0 ? `, ${count(dev)} dev` : "";
    lines.push(
      `${name}: ${count(train)} train${devPart} of ${count(available)} usable (${count(read)} read); ` +
        `share ${percent(trainShare)}, declared ${percent(declaredShare)}`,
      ...droppedLines(dropped, "  "),
    );
  }
  if (report.heldOut.length === 0) lines.push("nothing was held out");
  for (const { file, prompts, keptOut } of report.heldOut) {
    lines.push(`held out ${file}: ${count(prompts)} prompts, ${count(keptOut)} met in the lists`);
  }
  for (const { file, lines: written, use } of report.outputs) {
    lines.push(`wrote ${file}: ${count(written)} prompts for ${use === "train" ? "training" : "dev"}`);
  }
  lines.push(`wrote ${report.outputs[0]?.file ?? ""}.report.json`);
  return lines;
}
