// Which files of a package go into the tarball. Plain rules on names; what they wrongly drop shows when it is run.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const licenceName = /^(un)?(licen[cs]e|copying|notice|authors)/i;
const readmeName = /^readme/i;
const codeName = /\.(js|mjs|cjs|json|wasm|h)$/;
const unusedFolders = new Set([
  "node_modules",
  "test",
  "tests",
  "__tests__",
  "benchmarks",
  "coverage",
  "docs",
  "browser",
]);
const testName = /[._-]test\.[cm]?js$/;

/** Relative paths of all files below `folder`, except in sub-folders that `enter` refuses, sorted. */
export function listFiles(folder, enter = () => true) {
  const visit = (current) =>
    readdirSync(current, { withFileTypes: true }).flatMap((entry) => {
      const path = join(current, entry.name);
      if (entry.isDirectory()) return enter(entry.name) ? visit(path) : [];
      return [relative(folder, path)];
    });
  return visit(folder).sort();
}

/** Files named as licences or notices at a package's top. */
export const licenceFiles = (folder) => readdirSync(folder).filter((name) => licenceName.test(name));

/** What is taken of a third-party package, without its package.json. Types, maps, tests and manuals stay out. */
export function thirdPartyFiles(folder, name) {
  const licences = licenceFiles(folder);
  // Some packages have their licence's text in the read-me only.
  const texts = licences.length > 0 ? licences : readdirSync(folder).filter((file) => readmeName.test(file));
  const code = listFiles(folder, (sub) => !sub.startsWith(".") && !unusedFolders.has(sub)).filter(
    (file) => codeName.test(file) && !testName.test(file) && isTaken(folder, name, file),
  );
  return [...new Set([...texts, ...code])].filter((file) => file !== "package.json").sort();
}

// TensorFlow.js' packages hold every module five times over. Node.js loads the one file that "main" names; of tfjs-node,
// whose main would load its own native part, Easel loads the kernels.
function isTaken(folder, name, file) {
  if (!name.startsWith("@tensorflow/")) return true;
  if (name === "@tensorflow/tfjs-node") return file.startsWith("dist/");
  const { main } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return file === main || /^dist\/[^/]+\.wasm$/.test(file);
}

/** What is taken of a workspace: what its `files` name, but of compiled files only those whose source is still there. */
export function workspaceFiles(folder, patterns) {
  return patterns
    .flatMap((pattern) => matching(folder, pattern))
    .filter(
      (file) => !/\.(map|tsbuildinfo|d\.ts)$/.test(file) && !testName.test(file) && hasSource(folder, file),
    )
    .sort();
}

// A pattern is a file, a folder, or has one * in its last part.
function matching(folder, pattern) {
  if (!pattern.includes("*")) {
    if (!existsSync(join(folder, pattern)))
      throw new Error(`${join(folder, pattern)} is missing: run npm run build`);
    const isFile = !readdirSync(dirname(join(folder, pattern)), { withFileTypes: true })
      .find((entry) => join(dirname(pattern), entry.name) === join(pattern))
      ?.isDirectory();
    return isFile ? [pattern] : listFiles(join(folder, pattern)).map((file) => join(pattern, file));
  }
  const [before, after] = pattern.slice(pattern.lastIndexOf("/") + 1).split("*");
  return readdirSync(join(folder, dirname(pattern)))
    .filter((file) => file.startsWith(before) && file.endsWith(after))
    .map((file) => join(dirname(pattern), file));
}

function hasSource(folder, file) {
  if (!file.startsWith("dist/") || !file.endsWith(".js")) return true;
  const source = join(folder, "src", relative("dist", file)).slice(0, -".js".length);
  return existsSync(`${source}.ts`) || existsSync(`${source}.tsx`);
}

/** Copies `files` (relative paths) from one folder to another. */
export function copyFiles(from, to, files) {
  for (const file of files) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    copyFileSync(join(from, file), join(to, file));
  }
}
