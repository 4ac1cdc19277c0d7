// Runs the preparation of prompts and says what the mix became. The work is in the data package.
import { readFile } from "node:fs/promises";
import { mixSources, NOTHING_HELD_OUT, preparePrompts, readHeldOut } from "@easel/data";
import { parse } from "yaml";
import { CliError } from "../errors.js";
import { promptLines } from "./report-lines.js";

/** Options of `easel data prepare prompts`. */
export type PromptsCommandOptions = {
  readonly mix: string;
  readonly out: string;
  readonly heldOut?: readonly string[];
  readonly withoutHeldOut?: boolean;
  readonly total?: number;
  readonly dev: number;
  readonly seed: number;
  readonly maxCharacters: number;
};

/**
 * Prepares and prints what was chosen, left over and left out.
 *
 * @throws CliError `EASEL_CLI_OPTION` unless it is said what to hold out, or that nothing is
 */
export async function preparePromptFiles(options: PromptsCommandOptions): Promise<void> {
  const { mix, out, heldOut, withoutHeldOut = false, total, dev, seed, maxCharacters } = options;
  if ((heldOut === undefined) !== withoutHeldOut) {
    throw new CliError(
      "EASEL_CLI_OPTION",
      "Give --held-out with the lists of the benchmarks that will measure the model, or --without-held-out to hold nothing out.",
    );
  }
  const report = await preparePrompts({
    sources: mixSources(parse(await readFile(mix, "utf8")), mix),
    heldOut: heldOut === undefined ? NOTHING_HELD_OUT : await readHeldOut(heldOut),
    out,
    seed,
    ...(total === undefined ? {} : { total }),
    dev,
    maxCharacters,
  });
  for (const line of promptLines(report)) process.stdout.write(`${line}\n`);
}
