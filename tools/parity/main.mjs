// `npm run parity -- [DIR]`: what Easel computes against the numbers of a reference folder, one line a quantity. Without DIR it
// is the repository's own folder. Exit code 1 when a quantity is beyond its tolerance or cannot be computed.
import { access, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startEngine } from "@easel/engine";
import { withOwnCopy } from "./own-copy.mjs";
import { checkFolder, sections } from "./run.mjs";

const usage = `npm run parity -- [DIR] [--only SECTION]... [--compile graph|xla] [--backend tensorflow|wasm|cpu]

DIR  a folder of reference numbers (docs/parity.md), or one with such folders in it; the repository's own when left out

${sections.map(({ name, about }) => `  ${name.padEnd(10)} ${about}`).join("\n")}`;

function parsed(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      only: { type: "string", multiple: true },
      compile: { type: "string", default: "graph" },
      backend: { type: "string", default: "tensorflow" },
      help: { type: "boolean", default: false },
    },
  });
  const known = new Set(sections.map(({ name }) => name));
  const unknown = (values.only ?? []).filter((name) => !known.has(name));
  if (unknown.length > 0) throw new Error(`there is no section ${unknown.join(", ")}`);
  if (positionals.length > 1) throw new Error(`one folder at a time, not ${positionals.length}`);
  if (!["graph", "xla"].includes(values.compile)) throw new Error("--compile takes graph or xla");
  return { ...values, folder: positionals[0] };
}

/** A folder with nothing in it is checked, and fails; what is no folder is a slip of the pen. */
async function refuseNoFolder(folder) {
  const found = await stat(folder).catch(() => null);
  if (found === null) throw new Error(`there is no folder ${folder}`);
  if (!found.isDirectory()) throw new Error(`${folder} is a file; name the folder of reference numbers`);
}

const isReference = (folder) =>
  access(join(folder, "expected/expected.json")).then(
    () => true,
    () => false,
  );

/** The folder itself, or those in it where it is none and they are. */
async function foldersIn(folder) {
  await refuseNoFolder(folder);
  if (await isReference(folder)) return [folder];
  const inner = (await readdir(folder)).sort().map((name) => join(folder, name));
  const found = [];
  for (const one of inner) if (await isReference(one)) found.push(one);
  return found.length > 0 ? found : [folder];
}

async function check({ folder, only, compile, backend }) {
  const folders = folder === undefined ? [undefined] : await foldersIn(folder);
  const engine = await startEngine({ backend });
  const options = { ...(only === undefined ? {} : { only }), compile, write: (line) => console.log(line) };
  const run = (path) => checkFolder(path, options);
  let code = 0;
  for (const one of folders) {
    console.log(`parity of ${one ?? "the repository's own reference numbers"}`);
    console.log(`on ${engine.library} ${engine.version}, ${engine.device}; largest difference of tolerance`);
    const { ok, outcomes } = await (one === undefined ? withOwnCopy(run) : run(one));
    const wrong = outcomes.filter((outcome) => !outcome.ok).length;
    console.log(
      ok ? `${outcomes.length} quantities, all within` : `${wrong} of ${outcomes.length} quantities failed`,
    );
    if (!ok) code = 1;
  }
  return code;
}

// A reader that has seen enough, such as head, is no error of the check.
process.stdout.on("error", (error) => {
  if (error.code === "EPIPE") process.exit(1);
  throw error;
});

try {
  const options = parsed(process.argv.slice(2));
  if (options.help) console.log(usage);
  else process.exitCode = await check(options);
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
  process.exitCode = 2;
}
