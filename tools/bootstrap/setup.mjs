// Set-up from a bare checkout to everything `start` and `test` need, and the part of it that an installed Easel needs. A
// step that is done is skipped in milliseconds.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { buildEngineAddon, locateAddon } from "./addon.mjs";
import { cacheRoot } from "./cache.mjs";
import { lastLines, runCommand } from "./command.mjs";
import { askedEngine, chooseEngine } from "./engine-choice.mjs";
import { SetupFailure } from "./failure.mjs";
import { withLock } from "./lock.mjs";
import { fetchNatsServer, locateNatsServer } from "./nats-server.mjs";
import { installNodeModules, nodeModulesReady } from "./node-modules.mjs";
import { tensorflowVersion } from "./pinned.mjs";
import { platformKey, thisPlatform } from "./platform.mjs";
import { requireNode, requireTools } from "./prerequisites.mjs";
import { fetchTensorflow, locateTensorflow } from "./tensorflow.mjs";

/**
 * Makes everything ready.
 * @param {{ repo: string, args: readonly string[], env: Record<string, string | undefined>, progress: object, workspace: boolean }} o
 * `workspace` is whether `repo` is a checkout, whose npm packages are to be installed and whose TypeScript is to be built.
 * @returns {Promise<Record<string, string>>} the variables that the started processes get.
 */
export async function setUp({ repo, args, env, progress, workspace }) {
  requireNode();
  const machine = thisPlatform();
  const root = cacheRoot(env);
  makeCache(root);
  const { engine, reason, located } = decideEngine(args, env, root, machine);
  if (engine !== "tensorflow")
    progress.say("engine", `${engine}, many times slower than libtensorflow: ${reason}`);
  const nats = await locateNatsServer({ env, root, machine });
  const context = { repo, root, env, machine, progress };
  const tools = await requireTools(toolsNeeded(engine, located, nats, context));

  if (workspace) await installPackages(repo, progress);
  const tensorflow = engine === "tensorflow" ? await provideTensorflow(located, tools.python, context) : null;
  const addon = tensorflow === null ? null : await provideAddon(tensorflow, context);
  const natsServer = await provideNatsServer(nats, tools.python, context);
  if (workspace) await buildWorkspace(repo, progress);

  return {
    EASEL_CACHE_DIR: root,
    EASEL_NATS_SERVER: natsServer,
    ...(tensorflow === null
      ? { EASEL_ENGINE: engine }
      : { EASEL_TENSORFLOW_DIR: tensorflow, EASEL_ENGINE_ADDON: addon }),
  };
}

function decideEngine(args, env, root, machine) {
  const asked = askedEngine(args, env);
  const located =
    asked === "wasm" || asked === "cpu"
      ? { kind: "none", reason: "asked for" }
      : locateTensorflow({ env, root, machine });
  const { engine, reason } = chooseEngine(asked, located);
  if (engine !== null) return { engine, reason, located };
  throw new SetupFailure({
    what: "the engine tensorflow was asked for and cannot be had",
    cause: reason,
    fix: `Build libtensorflow ${tensorflowVersion} for this machine and set EASEL_TENSORFLOW_DIR, or leave EASEL_ENGINE unset to run on wasm, which is many times slower.`,
  });
}

function toolsNeeded(engine, located, nats, { repo, root, env, machine }) {
  const fetchLibrary = engine === "tensorflow" && located.kind === "wheel" && located.dir === null;
  const fetchServer = nats.program === null && nats.wheel !== null && nats.go === null;
  const platform = platformKey(machine);
  const compile =
    fetchLibrary ||
    (engine === "tensorflow" &&
      locateAddon({ repo, root, tensorflowDir: located.dir, platform, env }).file === null);
  return {
    python: fetchLibrary || fetchServer || (nats.program === null && nats.wheel !== null),
    compiler: compile,
  };
}

async function installPackages(repo, { say, step }) {
  await step("packages", async () => {
    if (nodeModulesReady(repo)) return "npm packages are as in package-lock.json";
    const onWait = () => say("packages", "another set-up works on this checkout; waiting for that one");
    return await withLock(
      join(repo, ".easel", "setup.lock"),
      async () => {
        if (nodeModulesReady(repo)) return "npm packages were installed by another set-up";
        say("packages", "installing the npm packages of package-lock.json, without install scripts");
        await installNodeModules(repo);
        return "npm packages installed";
      },
      { onWait },
    );
  });
}

async function provideTensorflow(located, python, { root, progress }) {
  let dir = located.dir;
  await progress.step("tensorflow", async () => {
    if (located.kind === "override") return `EASEL_TENSORFLOW_DIR: ${dir}`;
    if (dir !== null) return `libtensorflow ${located.wheel.version} is in ${dir}`;
    dir = await fetchTensorflow(located, { root, python, say: (text) => progress.say("tensorflow", text) });
    return `libtensorflow ${located.wheel.version} put into ${dir}`;
  });
  return dir;
}

async function provideAddon(tensorflowDir, { repo, root, env, machine, progress }) {
  let file = null;
  await progress.step("addon", async () => {
    const located = locateAddon({ repo, root, tensorflowDir, platform: platformKey(machine), env });
    file = located.file;
    if (file !== null) return `the engine's addon is ${file}`;
    const say = (text) => progress.say("addon", text);
    say("compiling the engine's addon");
    file = await buildEngineAddon(located, { repo, root, tensorflowDir, say });
    return `the engine's addon compiled into ${file}`;
  });
  return file;
}

async function provideNatsServer(located, python, { root, progress }) {
  let program = located.program;
  await progress.step("nats-server", async () => {
    if (program !== null) return `nats-server ${located.version} (${located.source}): ${program}`;
    const say = (text) => progress.say("nats-server", text);
    const fetched = await fetchNatsServer(located, { root, python, say });
    program = fetched.program;
    return `nats-server ${fetched.version} put into ${program}`;
  });
  return program;
}

async function buildWorkspace(repo, { say, step }) {
  await step("build", () =>
    withLock(
      join(repo, ".easel", "build.lock"),
      async () => {
        const compiler = join(repo, "node_modules", "typescript", "bin", "tsc");
        const { code, output } = await runCommand(process.execPath, [compiler, "-b"], { cwd: repo });
        if (code === 0) return "TypeScript is built";
        throw new SetupFailure({
          what: "the TypeScript build failed",
          cause: lastLines(output, 20),
          fix: "Correct the sources named above. On an unchanged checkout: git clean -xdf packages apps, and run the same command again.",
        });
      },
      { onWait: () => say("build", "another set-up builds this checkout; waiting for that one") },
    ),
  );
}

function makeCache(root) {
  try {
    mkdirSync(root, { recursive: true });
  } catch (error) {
    throw new SetupFailure({
      what: "the cache folder cannot be made",
      cause: error.message,
      fix: "Set EASEL_CACHE_DIR to a folder you may write to.",
    });
  }
}
