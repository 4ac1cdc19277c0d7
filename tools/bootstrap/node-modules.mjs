// The npm packages of the workspace, installed as the lock file says and without install scripts.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { lastLines, runCommand } from "./command.mjs";
import { SetupFailure } from "./failure.mjs";

const installLimitMs = 1_800_000;

/**
 * Whether what npm wrote down after its last complete install is what the lock file asks for.
 * @param lock the parsed package-lock.json.
 * @param installed the parsed node_modules/.package-lock.json, which npm writes last.
 */
export function isInstalled(lock, installed) {
  const wanted = Object.entries(lock.packages).filter(([path]) => path.startsWith("node_modules/"));
  const missing = wanted.some(([path, entry]) => {
    const held = installed.packages[path];
    if (held === undefined) return entry.optional !== true;
    return held.version !== entry.version || held.link !== entry.link;
  });
  const extra = Object.keys(installed.packages).some(
    (path) => path.startsWith("node_modules/") && !(path in lock.packages),
  );
  return !missing && !extra;
}

/** Whether the checkout's packages are installed and complete. Takes milliseconds. */
export function nodeModulesReady(repo) {
  const record = join(repo, "node_modules", ".package-lock.json");
  if (!existsSync(record)) return false;
  try {
    const lock = JSON.parse(readFileSync(join(repo, "package-lock.json"), "utf8"));
    return isInstalled(lock, JSON.parse(readFileSync(record, "utf8")));
  } catch {
    return false;
  }
}

/** Runs `npm ci` without install scripts. An interrupted run leaves no record, so the next set-up runs it again. */
export async function installNodeModules(repo) {
  rmSync(join(repo, "node_modules", ".package-lock.json"), { force: true });
  const npm = process.env.npm_execpath;
  const throughNode = npm !== undefined && /npm-cli\.[cm]?js$/.test(npm);
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const { code, output } = throughNode
    ? await runCommand(process.execPath, [npm, ...args], { cwd: repo, timeoutMs: installLimitMs })
    : await runCommand("npm", args, { cwd: repo, timeoutMs: installLimitMs });
  if (code === 0) return;
  throw new SetupFailure({
    what: "installing the npm packages failed",
    cause: lastLines(output, 8),
    fix: fixFor(output),
  });
}

/** What to do, read from npm's words. */
export function fixFor(output) {
  if (/EUSAGE|in sync/.test(output)) {
    return "package.json and package-lock.json disagree: restore them (git checkout package-lock.json), or run npm install and then node tools/check/main.mjs --fix-lock.";
  }
  if (/ENOSPC/.test(output)) return "Free disk space and run the same command again.";
  if (/EACCES|EPERM/.test(output)) {
    return "The checkout or npm's cache is not writable by this user: correct the owner (npm config get cache shows the cache) and run the same command again.";
  }
  return "Check the network, the proxy (npm config get https-proxy) and the registry (npm config get registry), and run the same command again.";
}
