// Runs an export and says what is in it. The work is in the model package.
import { type CheckpointLayout, disposeChanges, exportCheckpoint, readPolicyChanges } from "@easel/janus";
import { CliError } from "../errors.js";
import { startChosenEngine } from "../model/chosen-engine.js";
import { alphaOfRun } from "./alpha-of-run.js";
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
