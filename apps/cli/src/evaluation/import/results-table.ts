// Imported scores and published rows as one table a benchmark. Plain text.
import { textTable } from "@easel/runs";
import type { ImportedScore } from "./imported-score.js";
import type { Benchmark, PublishedResults } from "./published-rows.js";

/** ".7632"; a dash for what is not known. */
function score(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  return value.toFixed(4).replace(/^(-?)0(?=\.)/, "$1");
}

const bounds = ({ interval }: ImportedScore): string =>
  interval === null ? "–" : `[${score(interval.low)}, ${score(interval.high)}]`;

const counted = (value: number | null): string => (value === null ? "–" : value.toLocaleString("en"));

/** What was measured first, then what papers report of others; a column a category. */
export function resultsTable(
  benchmark: Benchmark,
  scores: readonly ImportedScore[],
  { benchmarks, sources }: PublishedResults,
): string {
  const { title, columns, notes, rows } = benchmarks[benchmark];
  const own = scores.filter((one) => one.benchmark === benchmark);
  const extra = own.map(({ category }) => category).filter((category) => !columns.includes(category));
  const all = [...columns, ...extra];
  const row = (name: string, cell: (one: ImportedScore) => string): readonly string[] => [
    name,
    ...all.map((category) => {
      const found = own.find((one) => one.category === category);
      return found === undefined ? "–" : cell(found);
    }),
  ];
  const used = [...new Set(rows.map(({ source }) => source))];
  const mark = (source: string): string => `${used.indexOf(source) + 1}`;
  return textTable([
    [title, ...all],
    row("imported", ({ mean }) => score(mean)),
    row("  95 % over prompts", bounds),
    row("  pictures", ({ images }) => counted(images)),
    row("  prompts", ({ prompts }) => counted(prompts)),
    { line: "published" },
    ...rows.map(({ model, source, values }) => [
      `  ${model} (${mark(source)})`,
      ...values.map(score),
      ...extra.map(() => "–"),
    ]),
    ...used.map((source) => ({ line: `(${mark(source)}) ${sources[source] ?? source}` })),
    ...notes.map((line) => ({ line })),
  ]);
}
