// The command line with all its commands. What starts it and shows its errors is main.ts.
import { Command } from "commander";
import { addAuditCommand } from "./commands/audit.js";
import { addDataCommand } from "./commands/data.js";
import { addEvalCommand } from "./commands/eval.js";
import { addExportCommand } from "./commands/export.js";
import { addGenerateCommand } from "./commands/generate.js";
import { addPlanCommand } from "./commands/plan.js";
import { addRunsCommand } from "./commands/runs.js";
import { addSftCommand } from "./commands/sft.js";
import { addTrainCommand } from "./commands/train.js";
import { addVqCommand } from "./commands/vq.js";

/** An option of the whole command line: it may stand anywhere. */
export const TRACE = "--trace";

/**
 * Makes the command line. Options belong to the command that they stand behind, also where a command above it has one of
 * the same name.
 */
export function createProgram(version: string, trace = false): Command {
  const program = new Command("easel")
    .version(version)
    .description("GRPO training for image generators that plan before they draw")
    .option(TRACE, "with an error, show where it happened")
    .enablePositionalOptions();
  addTrainCommand(program);
  addPlanCommand(program);
  addAuditCommand(program);
  addVqCommand(program);
  addDataCommand(program);
  addSftCommand(program);
  addEvalCommand(program);
  addGenerateCommand(program);
  addExportCommand(program);
  addRunsCommand(program);
  // Taken out of the arguments by withoutTrace; commands that show their errors themselves read it here.
  program.setOptionValue("trace", trace);
  return program;
}

/** Arguments without {@link TRACE}, and whether it was among them. */
export function withoutTrace(args: readonly string[]): {
  readonly args: readonly string[];
  readonly trace: boolean;
} {
  const end = args.indexOf("--");
  const asked = (arg: string, index: number): boolean => arg === TRACE && (end === -1 || index < end);
  return { args: args.filter((arg, index) => !asked(arg, index)), trace: args.some(asked) };
}
