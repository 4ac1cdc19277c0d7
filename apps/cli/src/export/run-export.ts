// Runs an export and says what is in it. The work is in the model package.
import { readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type CheckpointLayout, disposeChanges, exportCheckpoint, readPolicyChanges } from "@easel/janus";
import { CliError } from "../errors.js";
import { startChosenEngine } from "../model/chosen-engine.js";
import { exportLines } from "./export-lines.js";

/** Options of `easel export`. */
export type ExportCommandOptions = {
  readonly checkpoint: string;
  readonly layout: CheckpointLayout;
  readonly out: string;
  readonly adapter?: string;
  readonly merge?: boolean;
  readonly loraAlpha?: number;
  readonly imageSize?: number;
};

/** `model.lora.alpha` of the run that a checkpoint of a run lies in: `RUN/checkpoints/NAME`. */
async function alphaOfRun(adapter: string): Promise<number | undefined> {
  const path = resolve(adapter);
  const isFile = (await stat(path)).isFile();
  const run = dirname(dirname(isFile ? dirname(path) : path));
  const text = await readFile(join(run, "config.json"), "utf8").catch(() => null);
  if (text === null) return undefined;
  const value = JSON.parse(text) as { model?: { lora?: { alpha?: unknown } | null } };
  const alpha = value.model?.lora?.alpha;
  return typeof alpha === "number" ? alpha : undefined;
}

/** Exports and prints what was written, what the target layout lacks and what it has no place for. */
export async function runExport(options: ExportCommandOptions): Promise<void> {
  const { checkpoint, layout, out, adapter, merge = false, imageSize } = options;
  const say = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  if (merge && adapter === undefined) {
    throw new CliError(
      "EASEL_CLI_OPTION",
      "--merge has nothing to merge. Name it with --adapter, or leave --merge out.",
    );
  }
  const base = { source: checkpoint, layout, out, merge, ...(imageSize === undefined ? {} : { imageSize }) };
  if (adapter === undefined) {
    for (const line of exportLines(out, layout, await exportCheckpoint(base), null)) say(line);
    return;
  }
  await startChosenEngine(process.env, say);
  const changes = await readPolicyChanges(adapter, options.loraAlpha ?? (await alphaOfRun(adapter)));
  try {
    const report = await exportCheckpoint({ ...base, changes });
    for (const line of exportLines(out, layout, report, merge ? "merged" : "apart")) say(line);
  } finally {
    disposeChanges(changes);
  }
}
