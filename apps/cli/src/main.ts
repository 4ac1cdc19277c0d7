#!/usr/bin/env node
// `easel`: the commands. Each one is in a file of its own under commands/.
import { readFileSync } from "node:fs";
import { join } from "node:path";
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
import { presentError } from "./present-error.js";
import { easelFolder } from "./shipped-path.js";

const { version } = JSON.parse(readFileSync(join(easelFolder, "package.json"), "utf8")) as {
  version: string;
};
const program = new Command("easel")
  .version(version)
  .description("GRPO training for image generators that plan before they draw")
  .option("--trace", "with an error, show where it happened");
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

// A reader that has seen enough, such as head, is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(presentError(error, program.opts<{ trace?: boolean }>().trace === true));
  process.exitCode = 1;
}
