// `easel eval`: measures a checkpoint, or what a run made of it, on held-out prompts.
import { join } from "node:path";
import { evaluationCache, splitTable, writeFileAtomic } from "@easel/runs";
import { type Command, Option } from "commander";
import { cacheFolder } from "../cache-folder.js";
import { measureSplit } from "../evaluation/measure-split.js";
import { checkpointDigest, fileDigest } from "../model/checkpoint-digest.js";
import { loadWithPolicy } from "../model/checkpoint-with-policy.js";
import { startChosenEngine } from "../model/chosen-engine.js";
import { numberFrom, temperaturesOf, wholeFrom } from "../option-values.js";

type EvalOptions = {
  readonly checkpoint: string;
  readonly policy?: string;
  readonly loraAlpha?: number;
  readonly split: "dev" | "test";
  readonly prompts: number;
  readonly samples: number;
  readonly temperature: readonly number[];
  readonly seed: number;
  readonly guidance: number;
  readonly textCap: number;
  readonly rows: number;
  readonly json?: string;
  readonly cache: boolean;
};

/** Registers the command. */
export function addEvalCommand(program: Command): void {
  program
    .command("eval")
    .description("measure a checkpoint on held-out prompts; with --policy, before and after training")
    .requiredOption("--checkpoint <folder>", "a checkpoint, e.g. assets/janus-nano")
    .option("--policy <file>", "policy.safetensors of a run's checkpoint: what training made of it")
    .option(
      "--lora-alpha <n>",
      "alpha, where the policy is a LoRA adapter (default: its rank)",
      numberFrom(0),
    )
    .addOption(new Option("--split <name>", "which prompts").choices(["dev", "test"]).default("test"))
    .option("--prompts <n>", "how many prompts", wholeFrom(1), 240)
    .option("--samples <n>", "samples of each prompt", wholeFrom(1), 1)
    .addOption(
      new Option("--temperature <list>", "sampling temperatures; 0 takes the likeliest token each time")
        .default([1, 0], "1,0")
        .argParser(temperaturesOf),
    )
    .option("--seed <n>", "seed of prompts and draws", wholeFrom(0), 1)
    .option("--guidance <scale>", "guidance scale on image tokens; 1 is without", numberFrom(1), 1)
    .option("--text-cap <n>", "longest chain in tokens", wholeFrom(1), 72)
    .option("--rows <n>", "samples drawn at once", wholeFrom(1), 128)
    .option("--json <file>", "also write all numbers here")
    .option("--no-cache", "draw everything anew")
    .action(runEval);
}

async function runEval(options: EvalOptions): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const engine = await startChosenEngine(process.env, say);
  const subject = await loadWithPolicy(options.checkpoint, options.policy, options.loraAlpha);
  const policyDigest = options.policy === undefined ? null : await fileDigest(options.policy);
  const { result } = await measureSplit(
    subject,
    {
      split: options.split,
      prompts: options.prompts,
      samplesPerPrompt: options.samples,
      temperatures: options.temperature,
      seed: options.seed,
      guidanceScale: options.guidance,
      textCap: options.textCap,
      maxRows: options.rows,
    },
    {
      engine,
      checkpoint: await checkpointDigest(options.checkpoint),
      // Alpha scales the adapter, so the same file under another alpha is another policy.
      policy: policyDigest === null ? null : `${policyDigest}/${options.loraAlpha ?? "rank"}`,
      cache: options.cache ? evaluationCache(join(cacheFolder(process.env), "evaluations")) : null,
      say,
      nowMs: Date.now,
    },
  );
  process.stdout.write(splitTable(result));
  if (options.json !== undefined) {
    await writeFileAtomic(options.json, `${JSON.stringify({ engine, ...result }, null, 2)}\n`);
    say(`wrote ${options.json}`);
  }
}
