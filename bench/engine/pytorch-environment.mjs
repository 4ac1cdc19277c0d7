// The virtual environment that PyTorch's side runs in. Made on request only, in the per-user cache; found again later.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheRoot } from "../../tools/bootstrap/cache.mjs";
import { lastLines, runCommand } from "../../tools/bootstrap/command.mjs";
import { withLock } from "../../tools/bootstrap/lock.mjs";
import { findPython } from "../../tools/bootstrap/prerequisites.mjs";

const requirements = fileURLToPath(new URL("../pytorch/requirements.txt", import.meta.url));
const installLimitMs = 3_600_000;

/** Where things are, whether or not they exist yet. */
export function pytorchPlaces(env) {
  const digest = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
  const folder = join(cacheRoot(env), `bench-pytorch-${digest}`);
  return {
    folder,
    python: join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python"),
    complete: join(folder, "complete"),
    inductorCache: join(cacheRoot(env), `bench-inductor-${digest}`),
  };
}

/** The environment's interpreter, or null when it was not made yet. */
export function foundPython(env) {
  const { python, complete } = pytorchPlaces(env);
  return existsSync(complete) ? python : null;
}

/** Makes the environment where it is not there; returns its interpreter. */
export async function providePython(env, say) {
  const places = pytorchPlaces(env);
  return await withLock(`${places.folder}.lock`, async () => {
    if (existsSync(places.complete)) return places.python;
    rmSync(places.folder, { recursive: true, force: true });
    const base = await findPython();
    if (base === null)
      throw new Error("no Python 3 with pip was found on PATH: install python3-pip and python3-venv");
    say(
      `installing PyTorch and transformers into ${places.folder}; without a CPU-only index that is about 3 GB`,
    );
    await run(base.path, ["-m", "venv", places.folder]);
    const quiet = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"];
    await run(places.python, ["-m", "pip", "install", ...quiet, "--requirement", requirements]);
    writeFileSync(places.complete, "");
    return places.python;
  });
}

async function run(program, args) {
  const { code, output } = await runCommand(program, args, { timeoutMs: installLimitMs });
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} failed:\n${lastLines(output, 8)}`);
}
