// `easel runs`: lists, shows and removes run folders, and makes their reports anew.
import {
  describeRun,
  endTable,
  fatesLine,
  findRunFolder,
  isActive,
  listRuns,
  removeRun,
  runsTable,
  writeReport,
} from "@easel/runs";
import type { Command } from "commander";
import { CliError } from "../errors.js";

type Root = { readonly root: string };

/** Registers the commands. */
export function addRunsCommand(program: Command): void {
  const runs = program.command("runs").description("runs and what they left");
  const withRoot = (command: Command): Command =>
    command.option("--root <folder>", "where the run folders are", "runs");
  withRoot(runs.command("list").description("all runs, the newest last")).action(list);
  withRoot(runs.command("show <run>").description("the table of a run; <run> is an id or `last`")).action(
    show,
  );
  withRoot(runs.command("report <run>").description("make report.html anew")).action(report);
  withRoot(runs.command("rm <run...>").description("remove run folders with everything in them"))
    .option("--force", "also a run that is being written to")
    .action(remove);
}

async function list({ root }: Root): Promise<void> {
  const listings = await listRuns(root);
  process.stdout.write(listings.length === 0 ? `no runs under ${root}\n` : runsTable(listings, Date.now()));
}

async function show(run: string, { root }: Root): Promise<void> {
  const { folder, summary, steps } = await describeRun(await findRunFolder(root, run));
  if (summary === null) {
    process.stdout.write(`${folder.id} has no summary: it goes on or was cut off, after ${steps} updates.\n`);
    return;
  }
  const fates = `${fatesLine("groups", summary.groups)}\n${fatesLine("samples", summary.samples)}`;
  process.stdout.write(`${endTable(summary)}\n${fates}\n`);
}

async function report(run: string, { root }: Root): Promise<void> {
  process.stdout.write(`${await writeReport(await findRunFolder(root, run))}\n`);
}

async function remove(runs: readonly string[], { root, force }: Root & { force?: boolean }): Promise<void> {
  // All are found before the first one goes: a mistyped name removes nothing.
  const listings = [];
  for (const run of runs) listings.push(await describeRun(await findRunFolder(root, run)));
  const active = listings.find((listing) => isActive(listing, Date.now()));
  if (active !== undefined && force !== true) {
    throw new CliError(
      "EASEL_CLI_RUN_ACTIVE",
      `${active.folder.path} was written to within the last minute and has no summary: it seems to be running. Nothing was removed. Stop the run first, or pass --force.`,
      { retryable: true },
    );
  }
  for (const { folder } of listings) {
    await removeRun(root, folder.id);
    process.stdout.write(`removed ${folder.path}\n`);
  }
}
