// Which packages the tarball holds: what the apps need at run time, read from the lock file. Optional dependencies stay
// out: they are compiled code that the packages do without.
import { isLeftOut } from "./left-out.mjs";

/** The package's name, from its lock path and entry: a workspace has it in the entry. */
export function packageName(path, entry) {
  return entry.name ?? path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
}

/** Lock path of what `name` means to the package at `from`, as Node.js looks it up; links are followed to workspaces. */
export function resolveInLock(lock, from, name) {
  for (let folder = from; ; folder = parentOf(folder)) {
    const path = `${folder === "" ? "" : `${folder}/`}node_modules/${name}`;
    const entry = lock.packages[path];
    if (entry !== undefined) return entry.link ? entry.resolved : path;
    if (folder === "") throw new Error(`package-lock.json lacks ${name}, which ${from} depends on`);
  }
}

function parentOf(folder) {
  const end = folder.lastIndexOf("/node_modules/");
  return end < 0 ? "" : folder.slice(0, end);
}

/**
 * The packages that those at `roots` need at run time, themselves included.
 * @param lock the parsed package-lock.json.
 * @returns {Map<string, { name: string, version: string, dependencies: Record<string, string> }>} by lock path, sorted;
 * `dependencies` has exact versions.
 */
export function runtimePackages(lock, roots) {
  const found = new Map();
  const waiting = [...roots];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue;
    const entry = lock.packages[path];
    const name = packageName(path, entry);
    const dependencies = {};
    for (const wanted of Object.keys(entry.dependencies ?? {}).sort()) {
      if (isLeftOut(name, wanted)) continue;
      const target = resolveInLock(lock, path, wanted);
      dependencies[wanted] = lock.packages[target].version;
      waiting.push(target);
    }
    found.set(path, { name, version: entry.version, dependencies });
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
