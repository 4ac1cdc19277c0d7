// The lock file must name every platform's optional package, or `npm ci` refuses it on all platforms.
// A registry mirror that holds only some platforms makes `npm install` drop the others; `--fix` writes them back.
// Not a general lock-file linter.
import { readFileSync, writeFileSync } from "node:fs";

const systems = { darwin: "darwin", linux: "linux", android: "android", win32: "win32", windows: "win32" };
const processors = { arm64: "arm64", arm: "arm", x64: "x64", 64: "x64" };

/** Optional packages that an entry of the lock file asks for and the lock file does not hold. */
export function missingOptionalPackages(lock) {
  const missing = [];
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const held = `node_modules/${name}` in lock.packages || `${path}/node_modules/${name}` in lock.packages;
      if (!held) missing.push({ name, version, neededBy: path });
    }
  }
  return missing;
}

/** The lock entry of a platform package, its platform read from its name. Without an integrity: npm adds it where the package can be had. */
export function platformEntry({ name, version }, parent) {
  const words = name.split("/").at(-1).split("-");
  const os = words.map((word) => systems[word]).find(Boolean);
  const cpu = words.map((word) => processors[word]).find(Boolean);
  if (os === undefined || cpu === undefined) throw new Error(`cannot read a platform from the name ${name}`);
  return {
    version,
    cpu: [cpu],
    ...(parent.dev ? { dev: true } : {}),
    ...(words.includes("musl") ? { libc: ["musl"] } : {}),
    ...(parent.license ? { license: parent.license } : {}),
    optional: true,
    os: [os],
  };
}

/** Reads the lock file at `path`; with `fix`, adds what is missing. Returns the problems that remain. */
export function checkLockFile(path, fix = false) {
  const lock = JSON.parse(readFileSync(path, "utf8"));
  const missing = missingOptionalPackages(lock);
  if (missing.length === 0) return [];
  if (!fix) {
    const names = missing.map(({ name }) => name).join(", ");
    return [`${path} lacks ${names}, so "npm ci" refuses it. Run: node tools/check/main.mjs --fix-lock`];
  }
  for (const one of missing) {
    lock.packages[`node_modules/${one.name}`] = platformEntry(one, lock.packages[one.neededBy]);
  }
  lock.packages = Object.fromEntries(
    Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en")),
  );
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
  return [];
}
