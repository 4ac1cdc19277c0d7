// libtensorflow and its C headers: EASEL_TENSORFLOW_DIR, else the cache, else the pinned wheel.
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { findEntry, provideEntry } from "./cache.mjs";
import { findOnPath, runCommand } from "./command.mjs";
import { SetupFailure } from "./failure.mjs";
import { tensorflowVersion, tensorflowWheels } from "./pinned.mjs";
import { platformKey, selectWheel } from "./platform.mjs";
import { formatBytes } from "./progress.mjs";
import { forgetWheel, unpackWheel } from "./wheel.mjs";

// The closure of what the C API's public headers include, found with the compiler's -MM.
const headerFolders = ["tensorflow/c/", "xla/tsl/c/"];
const headerFiles = [
  "tensorflow/core/platform/ctstring.h",
  "tsl/platform/ctstring.h",
  "tsl/platform/ctstring_internal.h",
];

/**
 * Where the library comes from on this machine.
 * @returns one of `{ kind: "override", dir }`, `{ kind: "wheel", wheel, entry, dir }` (dir is null until fetched), or
 * `{ kind: "none", reason }`.
 */
export function locateTensorflow({ env, root, machine }) {
  if (env.EASEL_TENSORFLOW_DIR) return { kind: "override", dir: requireLayout(env.EASEL_TENSORFLOW_DIR) };
  const { wheel, reason } = selectWheel(tensorflowWheels, machine);
  if (wheel === null) return { kind: "none", reason };
  const entry = `tensorflow-${wheel.version}-${platformKey(machine)}-${wheel.sha256.slice(0, 12)}`;
  return { kind: "wheel", wheel, entry, dir: findEntry(root, entry) };
}

/** Members of the wheel that are kept, and where they go. */
export function keptMembers(wheel) {
  const include = (path) => [`tensorflow/include/${path}`, `include/${path}`];
  return Object.fromEntries([
    ...wheel.libraries.map((name) => [`tensorflow/${name}`, `lib/${name}`]),
    ...headerFolders.map(include),
    ...headerFiles.map(include),
    ["tensorflow/THIRD_PARTY_NOTICES.txt", "THIRD_PARTY_NOTICES.txt"],
    ["tensorflow/include/LICENSE", "LICENSE"],
  ]);
}

/** Fetches the library into the cache; returns its folder. */
export async function fetchTensorflow(located, { root, python, say }) {
  const { wheel, entry } = located;
  const make = async (folder) => {
    await unpackWheel(wheel, folder, keptMembers(wheel), { python, root, say });
    await stripLibraries(wheel, folder, say);
  };
  const dir = await provideEntry(root, entry, make, {
    onWait: () => say("another set-up is fetching it; waiting for that one"),
  });
  forgetWheel(wheel, root);
  return dir;
}

// Symbols that only a debugger reads are a quarter of the library. A machine without strip keeps them.
async function stripLibraries(wheel, folder, say) {
  const strip = findOnPath("strip");
  if (strip === null) return;
  const files = wheel.libraries.map((name) => join(folder, "lib", name));
  const size = () => files.reduce((sum, file) => sum + statSync(file).size, 0);
  const before = size();
  const flags = process.platform === "darwin" ? ["-x"] : ["--strip-unneeded"];
  const { code } = await runCommand(strip, [...flags, ...files]);
  say(
    code === 0
      ? `stripped ${formatBytes(before)} to ${formatBytes(size())}`
      : "strip refused; kept unstripped",
  );
}

function requireLayout(dir) {
  const names = new Set(Object.values(tensorflowWheels).flatMap(({ libraries }) => [libraries[0]]));
  const hasLibrary = [...names].some((name) => existsSync(join(dir, "lib", name)));
  if (hasLibrary && existsSync(join(dir, "include", "tensorflow", "c", "c_api.h"))) return dir;
  throw new SetupFailure({
    what: "EASEL_TENSORFLOW_DIR does not hold a libtensorflow",
    cause: `${dir} must have lib/${[...names].join(" or lib/")} and include/tensorflow/c/c_api.h`,
    fix: `Point EASEL_TENSORFLOW_DIR at a folder with lib/ and include/ of libtensorflow ${tensorflowVersion}, or unset it to let set-up fetch one.`,
  });
}
