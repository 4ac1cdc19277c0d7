// Runs a program and collects what it says. Programs still running when set-up ends are ended with it.
import { spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGTERM");
});

/**
 * Runs `program` with `args`. Resolves for every exit status; `code` is 127 when the program does not exist.
 * @returns {Promise<{ code: number, output: string }>} `output` is stdout and stderr together.
 */
export function runCommand(program, args, { cwd, env, timeoutMs } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env: env ?? process.env,
      stdio: ["ignore", "pipe", "pipe"],
      ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
    });
    running.add(child);
    let output = "";
    const collect = (chunk) => {
      output += chunk;
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    const settle = (code) => {
      running.delete(child);
      resolve({ code, output });
    };
    child.on("error", (error) => {
      output += error.message;
      settle(error.code === "ENOENT" ? 127 : 126);
    });
    child.on("close", (code, signal) => {
      if (signal !== null)
        output += `\nended by ${signal}${timeoutMs ? `, or past its limit of ${timeoutMs / 1000} s` : ""}`;
      settle(code ?? 1);
    });
  });
}

/** The first executable of that name on PATH, or null. */
export function findOnPath(program, path = process.env.PATH ?? "") {
  for (const folder of path.split(delimiter)) {
    const candidate = join(folder, program);
    if (isAbsolute(candidate) && isExecutable(candidate)) return candidate;
  }
  return null;
}

/** Whether `file` is a regular file that may be executed. */
export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The last `count` lines that are not blank, for messages. */
export function lastLines(text, count) {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-count)
    .join("\n");
}
