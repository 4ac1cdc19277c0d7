// The engine's N-API addon, compiled once for each version of its sources, of libtensorflow and of the N-API headers.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { findEntry, provideEntry } from "./cache.mjs";
import { SetupFailure } from "./failure.mjs";
import { findCompiler } from "./prerequisites.mjs";

const fileName = "easel-engine.node";

/** The cache entry's name: a digest of all that goes into the binary. The library's folder is in it as the run path. */
export function addonEntryName({ sources, headersVersion, tensorflowDir, platform }) {
  const hash = createHash("sha256");
  for (const [name, bytes] of [...sources].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  }
  hash.update(JSON.stringify([headersVersion, tensorflowDir, platform]));
  return `addon-${hash.digest("hex").slice(0, 24)}`;
}

/** The engine's package below `repo`: a workspace of a checkout, or bundled with an installed Easel. */
export function engineFolder(repo) {
  const workspace = join(repo, "packages", "engine");
  return existsSync(workspace) ? workspace : join(repo, "node_modules", "@easel", "engine");
}

/** Where the addon for this checkout or installed Easel is or will be. `file` is null until it is built. */
export function locateAddon({ repo, root, tensorflowDir, platform, env }) {
  if (env.EASEL_ENGINE_ADDON) return { entry: null, file: requireFile(env.EASEL_ENGINE_ADDON) };
  const native = join(engineFolder(repo), "native");
  const sources = readdirSync(native, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => [name, readFileSync(join(native, name))]);
  const entry = addonEntryName({ sources, headersVersion: headersVersion(repo), tensorflowDir, platform });
  const folder = findEntry(root, entry);
  return { entry, file: folder === null ? null : join(folder, fileName) };
}

// From the lock file in a checkout, whose packages may not be installed yet. An installed Easel has none.
function headersVersion(repo) {
  const read = (path) => JSON.parse(readFileSync(join(repo, path), "utf8"));
  if (existsSync(join(repo, "package-lock.json"))) {
    return read("package-lock.json").packages["node_modules/node-api-headers"]?.version ?? "none";
  }
  return read("node_modules/node-api-headers/package.json").version;
}

/** Compiles the addon into the cache; returns the file. */
export async function buildEngineAddon(located, { repo, root, tensorflowDir, say }) {
  const script = join(engineFolder(repo), "native", "build.mjs");
  const make = async (folder) => {
    // build.mjs asks for g++ unless CXX says otherwise; here the compiler that was found is what counts.
    process.env.CXX = findCompiler() ?? "g++";
    const { buildAddon } = await import(pathToFileURL(script).href);
    try {
      await buildAddon({ tensorflowDir, outFile: join(folder, fileName) });
    } catch (error) {
      throw new SetupFailure({
        what: "compiling the engine's addon failed",
        cause: String(error?.message ?? error),
        fix: "Read the compiler's message above: an old compiler (C++17 is needed: g++ 9 or newer) is the usual cause. CXX names another compiler.",
      });
    }
  };
  const onWait = () => say("another set-up is compiling it; waiting for that one");
  return join(await provideEntry(root, located.entry, make, { onWait }), fileName);
}

/** "addon-1a2b3c…" of a built addon, for lists. */
export const addonLabel = (file) => basename(join(file, ".."));

function requireFile(file) {
  if (existsSync(file)) return file;
  throw new SetupFailure({
    what: "EASEL_ENGINE_ADDON names a file that does not exist",
    cause: file,
    fix: "Correct EASEL_ENGINE_ADDON, or unset it to let set-up compile the addon.",
  });
}
