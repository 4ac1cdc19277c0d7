// What runs after set-up: the commands of `npm start`, `npm test`, `npm run test:native` and its kin, `npm run bench`, `npm run parity`
// and `npm run easel`.
import { spawn } from "node:child_process";
import { constants } from "node:os";

const cli = "apps/cli/dist/main.js";

/** The commands of a goal, in order; each is a node program with its arguments. */
export function commandsFor(goal, args, env) {
  switch (goal) {
    case "start":
      return [[cli, "train", ...(names(args, "--config") ? [] : ["--config", "configs/nano.yaml"]), ...args]];
    case "easel":
      return [[cli, ...args]];
    case "bench":
      return [["bench/main.mjs", ...args]];
    case "parity":
      return [["tools/parity/main.mjs", ...args]];
    case "test":
      return [...(args.length > 0 ? [] : [["tools/check/main.mjs"]]), vitest(args, env)];
    case "test:native":
      return [["packages/engine/native/test/main.mjs", ...args]];
    case "test:gpu":
      return [["test/native/gpu.mjs", ...args]];
    case "test:node-versions":
      return [["test/native/node-versions.mjs", ...args]];
    default:
      throw new Error(
        `unknown goal ${goal}: start, test, test:native, test:gpu, test:node-versions, bench, parity or easel`,
      );
  }
}

const names = (args, option) => args.some((arg) => arg === option || arg.startsWith(`${option}=`));

// EASEL_TEST_REPORT names a file for a second, machine-readable report.
function vitest(args, env) {
  const report = env.EASEL_TEST_REPORT;
  const reporters = report ? ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`] : [];
  return ["node_modules/vitest/vitest.mjs", "run", ...reporters, ...args];
}

/** Runs one node program, passing signals on to it. Resolves to its exit status, 128 + n when signal n ended it. */
export function runForeground(args, { cwd, env }) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, env, stdio: "inherit" });
    const passOn = ["SIGINT", "SIGTERM", "SIGHUP"].map((signal) => {
      const handler = () => child.kill(signal);
      process.on(signal, handler);
      return () => process.off(signal, handler);
    });
    const finish = () => {
      for (const stop of passOn) stop();
    };
    child.on("error", (error) => {
      finish();
      reject(error);
    });
    child.on("exit", (code, signal) => {
      finish();
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}
