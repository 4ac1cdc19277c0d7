// A benchmark of cases that stand beside PyTorch in one run, the two in turns: options, machine, report. Which cases, the
// caller says.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { chosenCases, readOptions, usageOf } from "./options.mjs";
import { foundPython, providePython, pytorchPlaces } from "./pytorch-environment.mjs";
import { caseLines, isBroken, summaryLine } from "./report.mjs";
import { runCase } from "./run-case.mjs";

async function choosePython(options) {
  if (options["without-pytorch"]) return null;
  if (options.python !== undefined) return options.python;
  if (options["with-pytorch"]) return await providePython(process.env, console.log);
  return foundPython(process.env);
}

function machine(options) {
  return {
    processor: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    load: loadavg()[0],
    node: process.version,
    threads: options.threads,
    rounds: options.rounds,
  };
}

/** Runs the cases in order; `save` is called after each with all results so far, so that an end in between loses little. */
async function runAll(cases, options, tools, save) {
  const results = [];
  for (const one of cases) {
    const begun = performance.now();
    try {
      const result = await runCase(one, { threads: options.threads, rounds: options.rounds, tools });
      results.push({ ...result, tookMs: performance.now() - begun });
      console.log(caseLines(result).join("\n"));
    } catch (error) {
      results.push({ name: one.name, title: one.title, error: String(error?.message ?? error) });
      console.log(`${one.title}\n  FAILED: ${error?.message ?? error}\n`);
    }
    save(results);
  }
  return results;
}

function writeReport(file, report) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
}

/**
 * @param name what follows `npm run bench --`
 * @param casesIn the cases, given the folder for what is written for this run
 * @param args the words after the name
 */
export async function runBenchmark({ name, casesIn }, args) {
  const options = readOptions(name, args);
  if (options.help) return console.log(usageOf(name));
  const folder = mkdtempSync(join(tmpdir(), "easel-bench-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.on("exit", remove);
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));
  const cases = chosenCases(casesIn(folder), options);
  if (options.list) return console.log(cases.map((one) => `${one.name.padEnd(18)} ${one.title}`).join("\n"));
  if (cases.length === 0) throw new Error("no case has a name like that; --list names them");

  const python = await choosePython(options);
  const about = machine(options);
  console.log(
    `${about.processor}, ${about.cores} cores, load ${about.load.toFixed(1)}; ${about.threads} threads a side, ${about.rounds} rounds in turns.` +
      "\nMedians (least to most) over the rounds; ratios are taken round by round, against the first line of a case.",
  );
  if (python === null)
    console.log(
      `PyTorch's lines are left out: npm run bench -- ${name} --with-pytorch installs and measures it.`,
    );
  if (about.load > 0.5)
    console.log(
      "The machine is busy with other work: times are too long, and PyTorch's threads, which wait for each other by spinning, suffer most.",
    );
  console.log("");

  const tools = { python, inductorCache: pytorchPlaces(process.env).inductorCache };
  const results = await runAll(cases, options, tools, (soFar) =>
    writeReport(options.json, { machine: about, results: soFar }),
  );
  console.log(`${summaryLine(results)}; all figures are in ${options.json}`);
  const missed = results.some(({ goals = [] }) => goals.some(({ met }) => met === false));
  if (isBroken(results) || (options.strict && missed)) process.exitCode = 1;
}
