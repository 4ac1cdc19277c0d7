// The rules that other programs check: formatter and linter, compiler, package boundaries.
import { spawn } from "node:child_process";
import { join } from "node:path";

const bin = (repo, ...path) => join(repo, "node_modules", ...path);

/** The programs, each with its arguments and what its success means. */
export function toolRuns(repo) {
  return [
    {
      name: "compiler",
      args: [bin(repo, "typescript", "bin", "tsc"), "-b"],
      summary: "all packages compile",
    },
    {
      name: "test types",
      args: [bin(repo, "typescript", "bin", "tsc"), "-p", "tsconfig.tests.json"],
      summary: "all tests compile",
    },
    {
      name: "lint",
      args: [bin(repo, "@biomejs", "biome", "bin", "biome"), "check", "--error-on-warnings", "--colors=off"],
      summary: "format, lint and import cycles in order",
    },
    {
      name: "layers",
      args: [bin(repo, "turbo", "bin", "turbo"), "boundaries", "--no-color"],
      summary: "imports go one way: pure, leaf, adapter, apps",
    },
  ];
}

/** Runs one; its problems are its own words. */
export function runTool({ args, summary }, repo) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: repo,
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1", NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    const collect = (chunk) => {
      output += chunk;
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", (error) => resolve({ problems: [error.message], summary }));
    child.on("close", (code) =>
      resolve({ problems: code === 0 ? [] : [output.trim() || `exit ${code}`], summary }),
    );
  });
}
