// The programs set-up needs on the machine, looked for only when a step that needs them is due. All that is missing is
// said in one message.
import { existsSync } from "node:fs";
import { findOnPath, runCommand } from "./command.mjs";
import { SetupFailure } from "./failure.mjs";
import { minimumNode } from "./pinned.mjs";
import { compareVersions } from "./platform.mjs";

/** Throws when this Node.js is older than `minimumNode`. */
export function requireNode(version = process.versions.node) {
  if (compareVersions(version, minimumNode) >= 0) return;
  throw new SetupFailure({
    what: `Node.js ${version} is too old`,
    cause: `Easel needs Node.js ${minimumNode} or newer; ${process.execPath} is ${version}`,
    fix: "Install Node.js 20.19 or newer, and see that it comes first on PATH (node --version).",
  });
}

/** A Python that has pip, or null. */
export async function findPython() {
  for (const name of ["python3", "python"]) {
    const path = findOnPath(name);
    if (path === null) continue;
    const { code, output } = await runCommand(path, ["-m", "pip", "--version"], { timeoutMs: 30_000 });
    if (code === 0) return { path, pip: output.trim().split(" ").slice(0, 2).join(" ") };
  }
  return null;
}

/** The C++ compiler: CXX, else g++, c++, clang++; or null. */
export function findCompiler(env = process.env) {
  if (env.CXX && (existsSync(env.CXX) || findOnPath(env.CXX) !== null)) return env.CXX;
  for (const name of ["g++", "c++", "clang++"]) {
    const path = findOnPath(name, env.PATH);
    if (path !== null) return path;
  }
  return null;
}

/**
 * The tools for the steps that are due.
 * @param {{ python: boolean, compiler: boolean }} needs
 */
export async function requireTools(needs) {
  const python = needs.python ? await findPython() : null;
  const compiler = needs.compiler ? findCompiler() : null;
  const lacks = [];
  if (needs.python && python === null)
    lacks.push(lack("Python 3 with pip", "it downloads libtensorflow and nats-server", pythonFix));
  if (needs.compiler && compiler === null)
    lacks.push(lack("a C++ compiler", "it builds the engine's addon", compilerFix));
  if (lacks.length > 0) {
    throw new SetupFailure({
      what: `this machine lacks ${lacks.map(({ name }) => name).join(" and ")}`,
      cause: lacks.map(({ name, why }) => `${name}: ${why}, and none was found on PATH`).join("\n"),
      fix: lacks.map(({ fix }) => fix()).join("\n"),
    });
  }
  return { python: python?.path ?? null, compiler };
}

const lack = (name, why, fix) => ({ name, why, fix });

function pythonFix() {
  if (process.platform === "darwin") return "Python: xcode-select --install, or brew install python";
  return "Python: apt-get install python3-pip (Debian, Ubuntu), dnf install python3-pip (Fedora, RHEL)";
}

function compilerFix() {
  if (process.platform === "darwin") return "Compiler: xcode-select --install";
  return "Compiler: apt-get install g++ (Debian, Ubuntu), dnf install gcc-c++ (Fedora, RHEL)";
}
