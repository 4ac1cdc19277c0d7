// How the addon is built and run with the compiler's sanitizers: AddressSanitizer with its leak check, and
// UndefinedBehaviorSanitizer. Not what is run (scenarios/) nor what counts as passed (main.mjs).
import { execFileSync, spawn } from "node:child_process";
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { addonSources, buildAddon, buildLibrary } from "../build.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const folder = join(here, "..", "build", "sanitized");

export const sanitizedAddon = join(folder, "easel-engine.node");
export const faultyAddon = join(folder, "faults.node");

/** The exit status of a process in which a sanitizer found something. */
export const foundStatus = 86;

const flags = [
  "-O1",
  "-g",
  "-fno-omit-frame-pointer",
  "-fsanitize=address,undefined",
  "-fno-sanitize-recover=undefined",
];

/** Builds the addon, and the addon of deliberate faults, in a folder of their own. */
export async function buildSanitized(tensorflowDir) {
  await buildAddon({ tensorflowDir, outFile: sanitizedAddon, flags });
  const engine = addonSources().filter((source) => source.endsWith("/engine.cc"));
  const sources = [join(here, "faults.cc"), ...engine];
  await buildLibrary({ tensorflowDir, outFile: faultyAddon, sources, flags });
}

// Node.js itself is not instrumented, so the runtime has to be there before it.
function runtime() {
  const compiler = process.env.CXX || "g++";
  const find = (name) => {
    const file = execFileSync(compiler, [`-print-file-name=${name}`], { encoding: "utf8" }).trim();
    // Where it has none, the compiler prints the bare name.
    if (!isAbsolute(file))
      throw new Error(`${compiler} has no ${name}: install the sanitizers' runtime that belongs to it.`);
    return file;
  };
  return [find("libasan.so"), find("libubsan.so"), find("libstdc++.so")].join(" ");
}

function environment(leaks) {
  const suppressions = `suppressions=${join(here, "leak-suppressions.txt")}:print_suppressions=0`;
  return {
    ...process.env,
    LD_PRELOAD: runtime(),
    // TensorFlow's two libraries define some symbols both.
    ASAN_OPTIONS: `detect_leaks=${leaks ? 1 : 0}:detect_odr_violation=0:allocator_may_return_null=1:exitcode=${foundStatus}`,
    LSAN_OPTIONS: `${suppressions}:exitcode=${foundStatus}`,
    UBSAN_OPTIONS: `print_stacktrace=1:exitcode=${foundStatus}`,
    EASEL_ENGINE_ADDON: sanitizedAddon,
    TF_CPP_MIN_LOG_LEVEL: "3",
  };
}

/**
 * Runs a Node.js program under the sanitizers.
 * @param {readonly string[]} args
 * @param {{ leaks: boolean, timeoutMs: number }} options `leaks`: memory that nothing points to at the end is an error,
 *   which needs an end at which Node.js takes its environment down
 * @returns {Promise<{ code: number | null, signal: string | null, output: string }>}
 */
export function runSanitized(args, { leaks, timeoutMs }) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      env: environment(leaks),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const chunks = [];
    child.stdout.on("data", (chunk) => chunks.push(chunk));
    child.stderr.on("data", (chunk) => chunks.push(chunk));
    const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, output: Buffer.concat(chunks).toString("utf8") });
    });
  });
}
