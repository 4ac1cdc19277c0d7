// Entry of `npm start`, `npm test`, `npm run doctor`: set-up, then the goal. Plain Node.js without dependencies, because
// it runs before there are any.
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { runDoctor } from "./doctor.mjs";
import { describeFailure, SetupFailure } from "./failure.mjs";
import { endOnSignals } from "./interruption.mjs";
import { commandsFor, runForeground } from "./launch.mjs";
import { createProgress, formatMs } from "./progress.mjs";
import { setUp } from "./setup.mjs";

const repo = fileURLToPath(new URL("../..", import.meta.url));

function parseArguments(argv) {
  if (argv[0] === "--doctor") return { goal: "doctor", args: argv.slice(1) };
  if (argv[0] === "--then" && argv[1] !== undefined) return { goal: argv[1], args: argv.slice(2) };
  if (argv.length === 0) return { goal: null, args: [] };
  throw new SetupFailure({
    what: `unknown arguments: ${argv.join(" ")}`,
    cause: "set-up takes --then start|test|bench|easel, --doctor, or nothing",
    fix: "Use npm start, npm test, npm run doctor, or npm run easel -- <command>.",
  });
}

async function main() {
  const { goal, args } = parseArguments(process.argv.slice(2));
  if (goal === "doctor") return await runDoctor({ repo, env: process.env, write: console.log });
  const commands = goal === null ? [] : commandsFor(goal, args, process.env);

  const started = performance.now();
  const stopHandling = endOnSignals();
  console.log("set-up");
  const progress = createProgress((line) => console.log(line));
  const variables = await setUp({ repo, args, env: process.env, progress, workspace: true });
  console.log(`set-up done in ${formatMs(performance.now() - started)}\n`);
  stopHandling();

  // All of them, also after a failure: a broken rule should not hide which tests fail.
  let worst = 0;
  for (const command of commands) {
    const code = await runForeground(command, { cwd: repo, env: { ...process.env, ...variables } });
    if (code >= 128) return code;
    worst = Math.max(worst, code);
  }
  return worst;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof SetupFailure)) throw error;
  console.error(`\n${describeFailure(error)}`);
  process.exitCode = 1;
}
