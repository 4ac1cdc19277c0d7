// `easel data prepare`: brings data sets into the files that training reads.
import { type Command, InvalidArgumentError, Option } from "commander";
import type { GotCommandOptions } from "../data/prepare-got.js";
import type { PromptsCommandOptions } from "../data/prepare-prompts.js";
import { wholeFrom } from "../option-values.js";

// Spelled here, so that the command line starts without loading the data package.
const formats = ["json", "jsonl", "parquet"] as const;
const fields = ["id", "prompt", "chain", "image", "width", "height"] as const;

/** Registers the command. */
export function addDataCommand(program: Command): void {
  const data = program.command("data").description("data sets for training on real pictures");
  const prepare = data.command("prepare").description("bring a data set into the files that training reads");
  addGot(prepare);
  addPrompts(prepare);
}

function addGot(prepare: Command): void {
  prepare
    .command("got <files...>")
    .description(
      "releases of GoT data (prompt, chain with boxes, picture) to one file of supervised examples",
    )
    .requiredOption("--out <file>", "where the examples go, e.g. data/laion/examples.jsonl")
    .requiredOption("--source <name>", "name of the data set, kept in every example")
    .option(
      "--field <name=field>",
      `what the release calls one of ${fields.join(", ")}, e.g. chain=got or width=meta.width; repeatable`,
      addField,
      {},
    )
    .addOption(
      new Option("--format <format>", "format of the files; default: by their names").choices([...formats]),
    )
    .option("--images <folder>", "what image paths are relative to; default: the folder of --out")
    .option("--image-prefix <text>", "beginning of the image paths that is taken off", "")
    .option("--trust-sizes", "do not look at the pictures; rows that note no size are left out")
    .option("--held-out <paths...>", "benchmarks' lists, or folders with them; their prompts are left out")
    .action(async (files: readonly string[], options: GotCommandOptions) => {
      const { prepareGot } = await import("../data/prepare-got.js");
      await prepareGot(files, options);
    });
}

function addPrompts(prepare: Command): void {
  prepare
    .command("prompts")
    .description("prompts for reinforcement learning: lists in declared shares, without what benchmarks use")
    .requiredOption("--mix <file>", "the declared mix, a YAML file; see docs/data.md")
    .requiredOption("--out <file>", "where the prompts go, e.g. data/prompts.jsonl")
    .option(
      "--held-out <paths...>",
      "benchmarks' lists, or folders with them: T2I-CompBench's _val, GenEval's",
    )
    .option("--without-held-out", "hold nothing out; then no benchmark's number means anything")
    .option(
      "--total <n>",
      "how many for training; default: as many as the shares allow, each once",
      wholeFrom(1),
    )
    .option(
      "--dev <n>",
      "how many to set aside for choosing between runs, in the same shares",
      wholeFrom(0),
      0,
    )
    .option("--seed <n>", "the same seed and lists give the same files", wholeFrom(0), 1)
    .option("--max-characters <n>", "longest prompt that is kept", wholeFrom(1), 1000)
    .action(async (options: PromptsCommandOptions) => {
      const { preparePromptFiles } = await import("../data/prepare-prompts.js");
      await preparePromptFiles(options);
    });
}

function addField(text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [name = "", ...rest] = text.split("=");
  const field = rest.join("=");
  if (!fields.some((known) => known === name) || field === "") {
    throw new InvalidArgumentError(`Pass NAME=FIELD with NAME one of ${fields.join(", ")}.`);
  }
  return { ...before, [name]: field };
}
