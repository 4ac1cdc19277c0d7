// Runs one scenario or one deliberate fault in this process: node one.mjs <name> | fault <name>.
import { createRequire } from "node:module";
import { argv } from "node:process";
import { faultyAddon } from "../sanitizers.mjs";
import { scenarios } from "./list.mjs";

const [name, fault] = argv.slice(2);

async function run() {
  if (name === "fault") return createRequire(import.meta.url)(faultyAddon)[fault]();
  const { file, abrupt } = scenarios[name];
  const scenario = (await import(`./${file}.mjs`))[name];
  if (abrupt) return await scenario();
  // An exception that nobody catches would end the process with nothing freed, and the leaks would hide it.
  return await (async () => await scenario())().catch(report);
}

function report(error) {
  console.error(error);
  process.exitCode = 1;
}

await run();
if (process.exitCode === undefined) console.log("done");
