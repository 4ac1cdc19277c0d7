// The numbers that papers report, from assets/published-results. Reads only that file.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { easelFolder } from "../../shipped-path.js";

/** A benchmark whose results can be imported. */
export type Benchmark = "t2i-compbench" | "geneval";

/** One model as a paper reports it; a value for each column, null where it has none. */
export type PublishedRow = {
  readonly model: string;
  readonly source: string;
  readonly values: readonly (number | null)[];
};

/** A benchmark's published numbers. */
export type PublishedTable = {
  readonly title: string;
  /** Categories, by the benchmark's own names. */
  readonly columns: readonly string[];
  readonly notes: readonly string[];
  readonly rows: readonly PublishedRow[];
};

/** The whole file. */
export type PublishedResults = {
  /** What each `source` stands for. */
  readonly sources: Readonly<Record<string, string>>;
  readonly benchmarks: Readonly<Record<Benchmark, PublishedTable>>;
};

/** Reads the file that comes with Easel. */
export async function publishedResults(): Promise<PublishedResults> {
  const path = join(easelFolder, "assets", "published-results", "rows.json");
  return JSON.parse(await readFile(path, "utf8")) as PublishedResults;
}
