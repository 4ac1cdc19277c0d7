#!/usr/bin/env node
// `easel`: the commands. Each one is in a file of its own under commands/.
import { Command } from "commander";
import { addSftCommand } from "./commands/sft.js";
import { addVqCommand } from "./commands/vq.js";

const program = new Command("easel").description(
  "GRPO training for image generators that plan before they draw",
);
addVqCommand(program);
addSftCommand(program);
await program.parseAsync();
