// One measured process, Easel's or PyTorch's: started with a job, asked for slices of calls, ended. What it says comes
// as lines of JSON behind a mark.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { mark } from "../easel/messages.mjs";

const programs = {
  easel: fileURLToPath(new URL("../easel/main.mjs", import.meta.url)),
  pytorch: fileURLToPath(new URL("../pytorch/main.py", import.meta.url)),
};
const inputWriter = fileURLToPath(new URL("../easel/write-inputs.mjs", import.meta.url));

/** Compiling on a busy machine takes minutes; a process that hangs takes for ever. */
const silentLimitMs = 600_000;

const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts a job. @param tools `{ python, inductorCache }`, for PyTorch's side. */
export function startJob(job, tools) {
  const { side, ...rest } = job;
  const given = JSON.stringify(rest);
  if (side === "easel") return start(process.execPath, [programs.easel, given], process.env);
  // Compiled kernels are kept between runs; nothing is written beside the sources.
  const env = { ...process.env, TORCHINDUCTOR_CACHE_DIR: tools.inductorCache, PYTHONDONTWRITEBYTECODE: "1" };
  return start(tools.python, [programs.pytorch, given], env);
}

/** Writes inputs in a process of its own. */
export async function writeInputs(inputs) {
  if (inputs.length === 0) return;
  const writer = start(process.execPath, [inputWriter, JSON.stringify(inputs)], process.env);
  await writer.next("ended");
  await writer.closed;
}

function start(program, args, env) {
  const child = spawn(program, args, { env, stdio: ["pipe", "pipe", "pipe"] });
  running.add(child);
  const waiting = [];
  const arrived = [];
  const words = [];
  let failure = null;
  const fail = (error) => {
    failure ??= error;
    for (const { reject } of waiting.splice(0)) reject(failure);
  };
  const keep = (text) => {
    words.push(text);
    if (words.length > 200) words.shift();
  };
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    if (!line.startsWith(mark)) return keep(line);
    const message = JSON.parse(line.slice(mark.length));
    const waiter = waiting.shift();
    if (waiter === undefined) arrived.push(message);
    else waiter.resolve(message);
  });
  createInterface({ input: child.stderr }).on("line", keep);
  child.stdin.on("error", () => {});
  child.on("error", fail);
  const closed = new Promise((resolve) => {
    child.on("close", (code, signal) => {
      running.delete(child);
      fail(new Error(`the process ended (${signal ?? code}): ${words.slice(-12).join("\n")}`));
      resolve();
    });
  });

  function arrival() {
    return new Promise((resolve, reject) => {
      if (failure === null) waiting.push({ resolve, reject });
      else reject(failure);
    });
  }

  async function next(kind) {
    const limit = setTimeout(() => {
      fail(new Error(`the process said nothing for ${silentLimitMs / 1000} s`));
      child.kill("SIGKILL");
    }, silentLimitMs);
    const message = arrived.shift() ?? (await arrival().finally(() => clearTimeout(limit)));
    clearTimeout(limit);
    if (message[kind] !== undefined) return message[kind];
    throw new Error(`the process said ${Object.keys(message)} where ${kind} was due`);
  }

  return {
    next,
    closed,
    async slice(calls) {
      child.stdin.write(`slice ${calls}\n`);
      return await next("slice");
    },
    async end() {
      child.stdin.write("end\n");
      const last = await next("ended");
      await closed;
      return last;
    },
    kill: () => child.kill("SIGKILL"),
  };
}
