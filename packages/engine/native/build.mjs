// Compiles the addon, and the loader that keeps its loading quiet, with the system's C++ compiler. Plain Node, no
// dependencies, so that it can run before anything of the workspace is built.
// Use: EASEL_TENSORFLOW_DIR=<dir> node build.mjs [out file]
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));

/** Where the engine looks for the addon unless EASEL_ENGINE_ADDON says otherwise. */
export const defaultAddonFile = join(here, "build", "easel-engine.node");

const loaderName = "easel-engine-load.node";
const loaderSource = "quiet-load.cc";
const compileFlags = [
  "-std=c++17",
  "-O3",
  "-fopenmp-simd",
  "-fPIC",
  "-fvisibility=hidden",
  "-Wall",
  "-Wextra",
  "-DNAPI_VERSION=8",
];
// Node.js' symbols are found when it loads the result.
const linkFlags = ["-shared", ...(process.platform === "darwin" ? ["-undefined", "dynamic_lookup"] : [])];

async function compiler(command, args) {
  try {
    await run(command, args, { maxBuffer: 16 * 1024 * 1024 });
  } catch (error) {
    if (error.code === "ENOENT") {
      throw new Error(`No C++ compiler: '${command}' was not found. Install g++ (or set CXX) and try again.`);
    }
    throw new Error(`${command} failed:\n${error.stderr || error.message}`);
  }
}

function librariesOf(tensorflowDir) {
  const extension = process.platform === "darwin" ? "2.dylib" : "so.2";
  return ["libtensorflow_cc", "libtensorflow_framework"].map((name) => {
    const file =
      process.platform === "darwin"
        ? join(tensorflowDir, "lib", `${name}.${extension}`)
        : join(tensorflowDir, "lib", `${name}.${extension}`);
    if (!existsSync(file))
      throw new Error(`${file} is missing: EASEL_TENSORFLOW_DIR must hold lib/ and include/.`);
    return file;
  });
}

const cxxCommand = () => process.env.CXX || "g++";
const nodeHeaders = () => createRequire(import.meta.url)("node-api-headers").include_dir;

/** The sources of the addon, without the loader's. */
export function addonSources() {
  const names = readdirSync(here).filter((name) => name.endsWith(".cc") && name !== loaderSource);
  return names.map((name) => join(here, name));
}

/**
 * Builds the loader (quiet-load.cc), which the engine looks for beside the addon. It needs no TensorFlow.
 * @param {string} outFile
 * @param {readonly string[]} [flags] more flags for the compiler, which links with them too
 */
export async function buildLoader(outFile, flags = []) {
  mkdirSync(dirname(outFile), { recursive: true });
  const work = mkdtempSync(join(dirname(outFile), ".objects-"));
  try {
    const linked = join(work, basename(outFile));
    const loose = process.platform === "linux" ? ["-ldl"] : [];
    const source = join(here, loaderSource);
    await compiler(cxxCommand(), [
      ...compileFlags,
      ...flags,
      `-I${nodeHeaders()}`,
      ...linkFlags,
      "-o",
      linked,
      source,
      ...loose,
    ]);
    renameSync(linked, outFile);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * Builds the addon, and the loader beside it, against the TensorFlow in `tensorflowDir` (which holds lib/ and
 * include/). The result appears under `outFile` at once and complete, or not at all.
 * @param {{ tensorflowDir: string, outFile?: string, flags?: readonly string[] }} options
 * @returns {Promise<string>} the file written
 */
export async function buildAddon({ tensorflowDir, outFile = defaultAddonFile, flags = [] }) {
  await buildLoader(join(dirname(outFile), loaderName), flags);
  await buildLibrary({ tensorflowDir, outFile, flags, sources: addonSources() });
  return outFile;
}

/**
 * Compiles `sources`, as many at a time as there are processors, and links them with TensorFlow into one library.
 * @param {{ tensorflowDir: string, outFile: string, sources: readonly string[], flags?: readonly string[] }} options
 *   `flags`: more flags for the compiler, which links with them too
 */
export async function buildLibrary({ tensorflowDir, outFile, sources, flags = [] }) {
  const root = resolve(tensorflowDir);
  const libraries = librariesOf(root);
  const cxx = cxxCommand();
  mkdirSync(dirname(outFile), { recursive: true });
  const work = mkdtempSync(join(dirname(outFile), ".objects-"));
  try {
    const includes = [`-I${here}`, `-I${join(root, "include")}`, `-I${nodeHeaders()}`];
    const objects = sources.map((source) => join(work, basename(source).replace(/\.cc$/, ".o")));
    const queue = sources.map((source, i) => ["-c", source, "-o", objects[i]]);
    const workers = Array.from({ length: Math.min(availableParallelism(), queue.length) }, async () => {
      for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
        await compiler(cxx, [...compileFlags, ...flags, ...includes, ...job]);
      }
    });
    await Promise.all(workers);
    const linked = join(work, basename(outFile));
    await compiler(cxx, [
      ...flags,
      ...linkFlags,
      "-o",
      linked,
      ...objects,
      ...libraries,
      `-Wl,-rpath,${join(root, "lib")}`,
    ]);
    renameSync(linked, outFile);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const tensorflowDir = process.env.EASEL_TENSORFLOW_DIR;
  if (tensorflowDir === undefined || tensorflowDir === "") {
    console.error(
      "Set EASEL_TENSORFLOW_DIR to a folder with TensorFlow's lib/ and include/, then run this again.",
    );
    process.exitCode = 1;
  } else {
    const started = performance.now();
    const file = await buildAddon({
      tensorflowDir,
      outFile: process.argv[2] ?? process.env.EASEL_ENGINE_ADDON ?? defaultAddonFile,
    });
    console.log(`${file} built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
}
