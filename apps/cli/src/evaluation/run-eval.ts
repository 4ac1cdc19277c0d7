// What `easel eval` does. Its options are in commands/eval.ts, which loads this file when it is needed.
import { join } from "node:path";
import { evaluationCache, splitTable, writeFileAtomic } from "@easel/runs";
import { cacheFolder } from "../cache-folder.js";
import { CliError } from "../errors.js";
import { checkpointDigest, fileDigest } from "../model/checkpoint-digest.js";
import { loadWithPolicy } from "../model/checkpoint-with-policy.js";
import { startChosenEngine } from "../model/chosen-engine.js";
import { measureSplits } from "./measure-splits.js";

/** The options of the command. */
export type EvalOptions = {
  readonly checkpoint?: string;
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

/** Measures, prints the table, and writes the numbers where they are wanted. */
export async function runEval(options: EvalOptions): Promise<void> {
  const { checkpoint } = options;
  if (checkpoint === undefined) {
    throw new CliError(
      "EASEL_CLI_OPTION",
      "Nothing to measure. Pass --checkpoint with a checkpoint's folder.",
    );
  }
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const engine = await startChosenEngine(process.env, say);
  const subject = await loadWithPolicy(checkpoint, options.policy, options.loraAlpha);
  const policyDigest = options.policy === undefined ? null : await fileDigest(options.policy);
  const [measured] = await measureSplits(
    subject,
    [{ split: options.split, prompts: options.prompts, samplesPerPrompt: options.samples }],
    {
      temperatures: options.temperature,
      seed: options.seed,
      guidanceScale: options.guidance,
      textCap: options.textCap,
      maxRows: options.rows,
    },
    {
      engine,
      checkpoint: await checkpointDigest(checkpoint),
      // Alpha scales the adapter, so the same file under another alpha is another policy.
      policy: policyDigest === null ? null : `${policyDigest}/${options.loraAlpha ?? "rank"}`,
      cache: options.cache ? evaluationCache(join(cacheFolder(process.env), "evaluations")) : null,
      say,
      nowMs: Date.now,
    },
  );
  if (measured === undefined) return;
  const { result } = measured;
  process.stdout.write(splitTable(result));
  if (options.json !== undefined) {
    await writeFileAtomic(options.json, `${JSON.stringify({ engine, ...result }, null, 2)}\n`);
    say(`wrote ${options.json}`);
  }
}
