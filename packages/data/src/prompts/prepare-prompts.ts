// Makes the prompt files of reinforcement learning out of a declared mix. Every prompt read is chosen, left over or counted with
// the reason why it was left out.
import { basename, extname } from "node:path";
import type { DropCounts } from "../drop-tally.js";
import { DataError } from "../errors.js";
import { type WrittenFile, writeLines } from "../records/whole-file.js";
import { writeRlPrompts } from "../records/write-records.js";
import { digestFile, type FileDigest } from "../rows/file-bytes.js";
import { allocate, fits, largestTotal } from "./allocation.js";
import { isBenchmarkName } from "./benchmark-files.js";
import { choosePrompts, inSeededOrder } from "./choose-prompts.js";
import type { HeldOut, HeldOutFile } from "./held-out.js";
import type { MixSource } from "./mix-declaration.js";
import { gatherPools, type PooledPrompt, type PromptPool } from "./prompt-pool.js";

/** What to prepare and how. */
export type PromptPreparation = {
  readonly sources: readonly MixSource[];
  /** Benchmarks' prompts, which are neither trained on nor chosen by. */
  readonly heldOut: HeldOut;
  /** The file of training prompts; dev prompts go to `<out without ending>.dev.jsonl`, the report to `<out>.report.json`. */
  readonly out: string;
  readonly seed: number;
  /** Training prompts; absent: as many as the shares allow, each once. */
  readonly total?: number;
  /** Prompts set aside for choosing between runs, in the same mix; 0 for none. */
  readonly dev: number;
  /** Longest prompt that is kept. */
  readonly maxCharacters: number;
};

/** What became of one source. */
export type SourceReport = {
  readonly name: string;
  readonly declaredShare: number;
  readonly lists: readonly (FileDigest & { readonly file: string; readonly read: number })[];
  readonly read: number;
  readonly dropped: DropCounts;
  /** What was left to choose from. */
  readonly available: number;
  readonly train: number;
  readonly dev: number;
  /** Share of the training prompts, to four places. */
  readonly trainShare: number;
};

/** What a preparation did. */
export type PromptReport = {
  readonly kind: "prompts";
  readonly seed: number;
  readonly total: number;
  readonly dev: number;
  readonly maxCharacters: number;
  readonly sources: readonly SourceReport[];
  /** Prompts of the sources that each benchmark's file kept out. */
  readonly heldOut: readonly (HeldOutFile & { readonly keptOut: number })[];
  readonly outputs: readonly (WrittenFile & { readonly file: string; readonly use: "train" | "dev" })[];
};

/**
 * Prepares. The same lists and options give the same bytes; each file appears whole or not at all, the report last.
 *
 * @throws DataError `EASEL_DATA_BENCHMARK` when a source is a benchmark's list, `EASEL_DATA_MIX` when the sources have too few
 *   prompts, and as the readers of the lists
 */
export async function preparePrompts(options: PromptPreparation): Promise<PromptReport> {
  const { sources, heldOut, out, seed, maxCharacters } = options;
  refuseBenchmarks(sources);
  const hits = new Map<string, number>();
  const pools = await gatherPools(sources, heldOut, maxCharacters, (file) => {
    hits.set(file, (hits.get(file) ?? 0) + 1);
  });
  const { dev, train } = countsOf(pools, options);
  const chosen = choosePrompts(
    pools.map(({ prompts }) => prompts),
    dev,
    train,
    seed,
  );
  const outputs = [{ file: out, use: "train" as const, ...(await write(out, chosen.train, seed)) }];
  const devFile = `${out.slice(0, out.length - extname(out).length)}.dev.jsonl`;
  const devOutput =
    options.dev > 0
      ? [{ file: devFile, use: "dev" as const, ...(await write(devFile, chosen.dev, seed)) }]
      : [];
  const total = sumOf(train);
  const report: PromptReport = {
    kind: "prompts",
    seed,
    total,
    dev: options.dev,
    maxCharacters,
    sources: await Promise.all(
      pools.map((pool, index) => sourceReport(pool, train[index] ?? 0, dev[index] ?? 0, total)),
    ),
    heldOut: heldOut.files.map((file) => ({ ...file, keptOut: hits.get(file.file) ?? 0 })),
    outputs: [...outputs, ...devOutput],
  };
  await writeLines(`${out}.report.json`, [JSON.stringify(report, null, 2)]);
  return report;
}

function refuseBenchmarks(sources: readonly MixSource[]): void {
  for (const { name, lists } of sources) {
    const benchmark = lists.find(({ file }) => isBenchmarkName(basename(file)));
    if (benchmark === undefined) continue;
    throw new DataError(
      "EASEL_DATA_BENCHMARK",
      `source ${name}: ${benchmark.file} is named like a benchmark's list, which serves neither training nor dev. Give a list for training; rename the file if it is one.`,
    );
  }
}

function countsOf(
  pools: readonly PromptPool[],
  options: PromptPreparation,
): { readonly dev: readonly number[]; readonly train: readonly number[] } {
  const shares = pools.map(({ source }) => source.share);
  const available = pools.map(({ prompts }) => prompts.length);
  const most = largestTotal(available, shares);
  const dev = allocate(options.dev, shares);
  const left = available.map((count, index) => count - (dev[index] ?? 0));
  const total = options.total ?? largestTotal(left, shares);
  if (total >= 1 && left.every((count) => count >= 0) && fits(total, left, shares)) {
    return { dev, train: allocate(total, shares) };
  }
  const parts = pools.map(({ source, prompts }) => `${source.name} ${prompts.length}`).join(", ");
  throw new DataError(
    "EASEL_DATA_MIX",
    `the sources (${parts} usable prompts) do not give ${options.dev > 0 ? `${options.dev} for dev and ` : ""}${options.total ?? "any"} for training in the declared shares. Together at most ${most} are possible: ask for fewer, change the shares or add lists.`,
  );
}

async function write(
  file: string,
  parts: readonly (readonly PooledPrompt[])[],
  seed: number,
): Promise<WrittenFile> {
  // Mixed again, so that any beginning of the file holds about the same mix.
  const mixed = inSeededOrder(parts.flat(), seed, "order");
  return await writeRlPrompts(
    file,
    mixed.map(({ record }) => record),
  );
}

async function sourceReport(
  { source, prompts, lists, dropped }: PromptPool,
  train: number,
  dev: number,
  total: number,
): Promise<SourceReport> {
  return {
    name: source.name,
    declaredShare: source.share,
    lists: await Promise.all(lists.map(async (list) => ({ ...list, ...(await digestFile(list.file)) }))),
    read: sumOf(lists.map(({ read }) => read)),
    dropped: dropped.counts(),
    available: prompts.length,
    train,
    dev,
    trainShare: Number((train / total).toFixed(4)),
  };
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
