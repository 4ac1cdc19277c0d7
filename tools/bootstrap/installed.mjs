#!/usr/bin/env node
// `easel` of an installed package: set-up of what no npm package holds (libtensorflow, the compiled addon, nats-server),
// then the CLI in this process. In a checkout main.mjs does this and more.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runDoctor } from "./doctor.mjs";
import { describeFailure, SetupFailure } from "./failure.mjs";
import { endOnSignals } from "./interruption.mjs";
import { createProgress, createQuietProgress } from "./progress.mjs";
import { setUp } from "./setup.mjs";

const repo = fileURLToPath(new URL("../..", import.meta.url));
const ownCommands = `
Of this installation:
  setup    fetch and compile what the commands need; they do so themselves when it is missing
  doctor   say what this machine has and which engine would run; changes nothing
`;

// Commands that only read files; any other one may start the engine or nats-server.
const withoutSetUp = new Set(["help", "runs"]);

const asksForHelp = (args) => args.length === 0 || args.some((arg) => ["--help", "-h"].includes(arg));
const needsSetUp = (args) =>
  !asksForHelp(args) && !withoutSetUp.has(args.find((arg) => !arg.startsWith("-")));

async function setUpWith(args, progress) {
  const stopHandling = endOnSignals();
  const variables = await setUp({ repo, args, env: process.env, progress, workspace: false });
  stopHandling();
  return variables;
}

// Standard output belongs to the command: set-up speaks on standard error there.
async function runCli(args) {
  if (["--help", "-h", "help", undefined].includes(args[0])) {
    process.on("exit", () => process.stdout.write(ownCommands));
  }
  if (needsSetUp(args)) {
    const progress = createQuietProgress((line) => console.error(line));
    Object.assign(process.env, await setUpWith(args, progress));
  }
  await import(new URL("../../apps/cli/dist/main.js", import.meta.url).href);
}

async function main(args) {
  if (args[0] === "--version" || args[0] === "-V") {
    console.log(JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version);
  } else if (args[0] === "doctor" && !asksForHelp(args)) {
    process.exitCode = await runDoctor({ repo, env: process.env, write: console.log });
  } else if (args[0] === "setup" && !asksForHelp(args)) {
    await setUpWith(
      args,
      createProgress((line) => console.log(line)),
    );
  } else {
    await runCli(args);
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupFailure)) throw error;
  console.error(`\n${describeFailure(error)}`);
  process.exitCode = 1;
}
