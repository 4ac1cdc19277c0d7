// `npm run check`: all rules of the repository, each with one line when it holds and its problems when it does not.
// `--write` assembles docs/errors.md; `--fix-lock` completes package-lock.json.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assembleErrors, checkErrorCodes } from "./error-codes.mjs";
import { checkFileLength } from "./file-length.mjs";
import { checkFileShape } from "./file-shape.mjs";
import { checkLockFile } from "./lock-file.mjs";
import { checkLooseWords } from "./loose-words.mjs";
import { isSource, isText, listFiles, readFiles } from "./sources.mjs";
import { runTool, toolRuns } from "./tool-runs.mjs";

const repo = fileURLToPath(new URL("../..", import.meta.url));
const isTest = (path) => /\.(test|cases)\.(ts|mjs)$/.test(path) || path.startsWith("test/");
const isGenerated = (path) =>
  /(^|\/)fixtures\//.test(path) || path === "package-lock.json" || path === "LICENSE";

function errorsPage(paths) {
  const parts = readFiles(repo, paths, (path) => /^docs\/errors\/[^/]+\.md$/.test(path));
  return assembleErrors(parts);
}

function readIfThere(path) {
  return existsSync(join(repo, path)) ? readFileSync(join(repo, path), "utf8") : "";
}

function ownRules(paths) {
  const sources = readFiles(repo, paths, (path) => isSource(path) && !isGenerated(path));
  const texts = readFiles(repo, paths, (path) => isText(path) && !isGenerated(path));
  const programs = sources.filter(({ path }) => !isTest(path) && !path.startsWith("tools/check/"));
  const page = errorsPage(paths);
  const stale =
    page === readIfThere("docs/errors.md") ? [] : ["docs/errors.md is old: run npm run check -- --write"];
  return [
    [
      "lock file",
      { problems: checkLockFile(join(repo, "package-lock.json")), summary: "names every platform's package" },
    ],
    ["file length", checkFileLength(sources)],
    ["file shape", checkFileShape(programs)],
    ["loose words", checkLooseWords(texts)],
    ["error codes", checkErrorCodes(programs, page, readIfThere("docs/environment.md"))],
    ["error page", { problems: stale, summary: "docs/errors.md is assembled from its parts" }],
  ];
}

function report(name, { problems, summary }) {
  if (problems.length === 0) console.log(`  ok  ${name.padEnd(12)} ${summary}`);
  else console.log(`  NO  ${name.padEnd(12)} ${problems.length === 1 ? "" : `${problems.length} problems`}`);
  for (const problem of problems) console.log(`        ${problem.split("\n").join("\n        ")}`);
  return problems.length === 0;
}

async function main(argv) {
  if (argv.includes("--fix-lock")) {
    checkLockFile(join(repo, "package-lock.json"), true);
    return 0;
  }
  const paths = listFiles(repo);
  if (argv.includes("--write")) writeFileSync(join(repo, "docs/errors.md"), errorsPage(paths));
  console.log("check");
  let good = true;
  for (const tool of toolRuns(repo)) good = report(tool.name, await runTool(tool, repo)) && good;
  for (const [name, result] of ownRules(paths)) good = report(name, result) && good;
  return good ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
