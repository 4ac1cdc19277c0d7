// `npm run doctor` and an installed `easel doctor`: what this machine has, which versions, which engine would run.
// Changes and downloads nothing.
import { existsSync, readdirSync, statSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { engineFolder, locateAddon } from "./addon.mjs";
import { cacheRoot } from "./cache.mjs";
import { findOnPath, lastLines, runCommand } from "./command.mjs";
import { askedEngine, chooseEngine } from "./engine-choice.mjs";
import { SetupFailure } from "./failure.mjs";
import { locateNatsServer } from "./nats-server.mjs";
import { nodeModulesReady } from "./node-modules.mjs";
import { minimumNode } from "./pinned.mjs";
import { compareVersions, platformKey, thisPlatform } from "./platform.mjs";
import { findCompiler, findPython } from "./prerequisites.mjs";
import { formatBytes } from "./progress.mjs";
import { locateTensorflow } from "./tensorflow.mjs";

/** Prints the findings; resolves to 0 when `npm start` could go on, 1 when something named stands in its way. */
export async function runDoctor({ repo, env, write }) {
  const machine = thisPlatform();
  const root = cacheRoot(env);
  const rows = [
    ...describeMachine(machine),
    ...(await describeTools(env)),
    describeCache(root),
    packagesRow(repo),
    ...(await natsRows({ env, root, machine })),
    ...(await engineRows({ repo, env, root, machine })),
  ];
  for (const { ok, name, text } of rows) write(`${ok ? "  ok " : "  -- "} ${name.padEnd(12)} ${text}`);
  const bad = rows.filter(({ ok }) => !ok);
  write(
    bad.length === 0
      ? "\nNothing stands in the way."
      : `\nTo look at: ${bad.map(({ name }) => name).join(", ")}.`,
  );
  return bad.length === 0 ? 0 : 1;
}

const row = (name, text, ok = true) => ({ ok, name, text });

function describeMachine(machine) {
  const version = process.versions.node;
  const cores = cpus();
  return [
    row("platform", `${platformKey(machine)}${machine.glibc ? `, glibc ${machine.glibc}` : ""}`),
    row("processor", `${cores.length} × ${cores[0]?.model ?? "unknown"}, ${formatBytes(totalmem())} memory`),
    row("node", `${version} (needs ${minimumNode} or newer)`, compareVersions(version, minimumNode) >= 0),
  ];
}

async function describeTools(env) {
  const python = await findPython();
  const compiler = findCompiler(env);
  const version = compiler === null ? null : await runCommand(compiler, ["--version"], { timeoutMs: 10_000 });
  return [
    row(
      "python",
      python === null ? "none with pip on PATH" : `${python.path}, ${python.pip}`,
      python !== null,
    ),
    row("compiler", compiler === null ? "none on PATH" : version.output.split("\n")[0], compiler !== null),
    row("strip", findOnPath("strip") ?? "none: libtensorflow is kept unstripped"),
  ];
}

function describeCache(root) {
  if (!existsSync(root)) return row("cache", `${root} (empty)`);
  const names = readdirSync(root).filter((name) => existsSync(join(root, name, "easel-entry.json")));
  const size = names.reduce((sum, name) => sum + folderBytes(join(root, name)), 0);
  return row("cache", `${root}: ${names.length} entries, ${formatBytes(size)}`);
}

function folderBytes(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath ?? entry.path, entry.name)).size, 0);
}

function packagesRow(repo) {
  if (!existsSync(join(repo, "package-lock.json"))) return row("packages", `bundled in ${repo}`);
  return row(
    "packages",
    nodeModulesReady(repo) ? "as in package-lock.json" : "not installed yet: set-up installs them",
  );
}

async function natsRows(o) {
  try {
    const found = await locateNatsServer(o);
    const text =
      found.program === null
        ? "not here yet: set-up fetches it"
        : `${found.version} (${found.source}) ${found.program}`;
    return [row("nats-server", text)];
  } catch (error) {
    return [failureRow("nats-server", error)];
  }
}

async function engineRows({ repo, env, root, machine }) {
  try {
    const located = locateTensorflow({ env, root, machine });
    const { engine, reason } = chooseEngine(askedEngine([], env), located);
    const library =
      located.kind === "none" ? located.reason : (located.dir ?? "not here yet: set-up fetches it");
    const addon = located.dir
      ? locateAddon({ repo, root, tensorflowDir: located.dir, platform: platformKey(machine), env }).file
      : null;
    return [
      row("tensorflow", `${library}`),
      row("addon", addon ?? "not built yet: set-up compiles it"),
      await startedEngine(repo, engine, reason, located.dir, addon, env),
    ];
  } catch (error) {
    return [failureRow("engine", error)];
  }
}

// Asks the engine itself, in a process of its own, where everything it needs is there.
async function startedEngine(repo, engine, reason, dir, addon, env) {
  const built = join(engineFolder(repo), "dist", "index.js");
  if (engine === null) return row("engine", `tensorflow was asked for: ${reason}`, false);
  if (!existsSync(built) || (engine === "tensorflow" && addon === null)) {
    return row("engine", `${engine} (${reason}); not started, set-up has not been run`);
  }
  const program = `const { startEngine } = await import(${JSON.stringify(pathToFileURL(built).href)});
    console.log("engine:" + JSON.stringify(await startEngine({ backend: ${JSON.stringify(engine)} })));`;
  const variables = dir ? { EASEL_TENSORFLOW_DIR: dir, EASEL_ENGINE_ADDON: addon } : {};
  const { code, output } = await runCommand(process.execPath, ["--input-type=module", "-e", program], {
    cwd: repo,
    env: { ...env, ...variables },
    timeoutMs: 60_000,
  });
  const line = output.split("\n").find((text) => text.startsWith("engine:"));
  if (code !== 0 || line === undefined)
    return row("engine", `${engine} does not start: ${lastLines(output, 2)}`, false);
  const info = JSON.parse(line.slice("engine:".length));
  return row(
    "engine",
    `${info.backend}, ${info.library} ${info.version}, ${info.threads} threads (${reason})`,
  );
}

function failureRow(name, error) {
  if (!(error instanceof SetupFailure)) throw error;
  return row(name, `${error.message}: ${error.reason}. ${error.fix}`, false);
}
