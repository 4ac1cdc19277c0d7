// The per-user cache. An entry is a folder named by its content's version; it is made aside, flushed, and renamed into
// place, so an entry that exists is whole. Its manifest lets later runs check it without reading it.
import { randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir, hostname } from "node:os";
import { isAbsolute, join, relative } from "node:path";
import { isAlive, withLock } from "./lock.mjs";

const manifestName = "easel-entry.json";
const dayMs = 86_400_000;
const partials = new Set();
process.on("exit", () => {
  for (const folder of partials) rmSync(folder, { recursive: true, force: true });
});

/** EASEL_CACHE_DIR, else XDG_CACHE_HOME/easel, else ~/.cache/easel. */
export function cacheRoot(env, home = homedir()) {
  if (env.EASEL_CACHE_DIR) {
    return isAbsolute(env.EASEL_CACHE_DIR) ? env.EASEL_CACHE_DIR : join(process.cwd(), env.EASEL_CACHE_DIR);
  }
  // The XDG specification: a relative path there is to be ignored.
  const base =
    env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME) ? env.XDG_CACHE_HOME : join(home, ".cache");
  return join(base, "easel");
}

/** The folder of a whole entry, or null when it is absent or a file in it has another size than was written. */
export function findEntry(root, name) {
  const folder = join(root, name);
  try {
    const manifest = JSON.parse(readFileSync(join(folder, manifestName), "utf8"));
    const whole = Object.entries(manifest.files).every(
      ([file, size]) => statSync(join(folder, file)).size === size,
    );
    return whole ? folder : null;
  } catch {
    return null;
  }
}

/**
 * The entry's folder, made by `make(folder)` when it is absent. Two processes at once: the second waits, then finds it.
 * A failed or interrupted `make` leaves no entry.
 */
export async function provideEntry(root, name, make, { onWait } = {}) {
  const found = findEntry(root, name);
  if (found !== null) return found;
  return await withLock(
    join(root, `${name}.lock`),
    async () => findEntry(root, name) ?? (await makeEntry(root, name, make)),
    { onWait },
  );
}

async function makeEntry(root, name, make) {
  removeAbandoned(root);
  const partial = join(root, `.partial-${process.pid}-${encodeURIComponent(hostname())}-${randomUUID()}`);
  mkdirSync(partial, { recursive: true });
  partials.add(partial);
  try {
    await make(partial);
    writeManifest(partial);
    flushTree(partial);
    if (findEntry(root, name) === null) moveIntoPlace(partial, join(root, name));
    flush(root);
  } finally {
    rmSync(partial, { recursive: true, force: true });
    partials.delete(partial);
  }
  const entry = findEntry(root, name);
  if (entry === null) throw new Error(`the cache entry ${join(root, name)} is not whole after it was made`);
  return entry;
}

function moveIntoPlace(partial, final) {
  if (existsSync(final)) {
    // Only an entry that failed its check gets here.
    const aside = `${partial}-replaced`;
    renameSync(final, aside);
    rmSync(aside, { recursive: true, force: true });
  }
  renameSync(partial, final);
}

/** Removes folders left by set-ups that were killed: their process is gone, or they are a day old. */
export function removeAbandoned(root, now = Date.now()) {
  for (const name of existsSync(root) ? readdirSync(root) : []) {
    const parts = /^\.partial-(\d+)-(.*)-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(-replaced)?$/.exec(name);
    if (parts === null) continue;
    const dead = decodeURIComponent(parts[2]) === hostname() && !isAlive(Number(parts[1]));
    const folder = join(root, name);
    if (dead || now - statSync(folder).mtimeMs > dayMs) rmSync(folder, { recursive: true, force: true });
  }
}

function listFiles(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

function writeManifest(folder) {
  const files = listFiles(folder).map((file) => [relative(folder, file), statSync(file).size]);
  writeFileSync(join(folder, manifestName), JSON.stringify({ files: Object.fromEntries(files) }));
}

function flushTree(folder) {
  for (const file of listFiles(folder)) flush(file);
  flush(folder);
}

function flush(path) {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
