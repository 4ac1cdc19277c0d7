// `npm run test:native`: builds the addon with sanitizers and runs every scenario in a process of its own, then every
// deliberate fault, which must be found. Ends with "N passed, N failed"; the status is 0 when none failed.
// Use: node main.mjs [--no-build] [name of a scenario or fault…]
import { performance } from "node:perf_hooks";
import { argv, env } from "node:process";
import { fileURLToPath } from "node:url";
import { buildSanitized, foundStatus, runSanitized } from "./sanitizers.mjs";
import { faults, scenarios } from "./scenarios/list.mjs";

const program = fileURLToPath(new URL("scenarios/one.mjs", import.meta.url));
const timeoutMs = 180_000;

/** What is wrong with how a scenario ended, or null. */
function problemOf({ status = 0, abrupt = false }, { code, signal, output }) {
  if (/Sanitizer|runtime error:/.test(output)) return "a sanitizer found something";
  if (signal !== null) return `ended by ${signal}`;
  if (code !== status) return `ended with status ${code} instead of ${status}`;
  if (!abrupt && !output.includes("done\n")) return "did not come to its end";
  return null;
}

/** The same for a deliberate fault: the control. */
function problemOfFault(report, { code, output }) {
  if (code !== foundStatus) return `not found: the process ended with status ${code}`;
  if (!report.test(output)) return `found, but not as ${report}`;
  return null;
}

const shownLines = 60;

function firstLines(output) {
  const lines = output.split("\n");
  const rest = lines.length - shownLines;
  return rest > 0 ? `${lines.slice(0, shownLines).join("\n")}\n(and ${rest} more lines)` : output;
}

async function run(label, args, { leaks, judge }) {
  const started = performance.now();
  const ended = await runSanitized([program, ...args], { leaks, timeoutMs });
  const problem = judge(ended);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`  ${problem === null ? "ok" : "NO"}  ${label.padEnd(28)} ${seconds} s`);
  if (problem !== null) console.log(`${problem}\n${firstLines(ended.output)}`);
  return problem === null;
}

async function main(args) {
  const tensorflowDir = env.EASEL_TENSORFLOW_DIR;
  if (!tensorflowDir) {
    console.error("EASEL_TENSORFLOW_DIR is not set: run this as `npm run test:native`, which sets it.");
    return 1;
  }
  if (process.platform !== "linux") {
    console.log("skipped: the sanitizers' runtime is preloaded as Linux does it.");
    return 0;
  }
  const started = performance.now();
  if (!args.includes("--no-build")) {
    await buildSanitized(tensorflowDir);
    console.log(`built with sanitizers in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
  const asked = args.filter((arg) => !arg.startsWith("--"));
  const wanted = (name) => asked.length === 0 || asked.includes(name);
  const results = [];
  for (const [name, scenario] of Object.entries(scenarios)) {
    if (!wanted(name)) continue;
    const judge = (ended) => problemOf(scenario, ended);
    results.push(await run(name, [name], { leaks: scenario.abrupt !== true, judge }));
  }
  for (const [name, report] of Object.entries(faults)) {
    if (!wanted(name)) continue;
    const judge = (ended) => problemOfFault(report, ended);
    results.push(await run(`finds ${name}`, ["fault", name], { leaks: true, judge }));
  }
  const failed = results.filter((good) => !good).length;
  console.log(`${results.length - failed} passed, ${failed} failed`);
  return failed > 0 || results.length === 0 ? 1 : 0;
}

process.exitCode = await main(argv.slice(2));
