// Finds the configurations and the checkpoint that come with Easel when it runs outside its own folder. It only chooses
// a path: whether the file is any good is for its reader to say.
import { existsSync } from "node:fs";
import { isAbsolute, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** Easel's own folder, a checkout or an installed package, seen from this file's place in apps/cli/dist. */
export const easelFolder = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * The path itself where it is absolute or exists below the current folder; else the same path below `root` where that
 * exists; else the path itself, so that the error of its reader names what the user wrote.
 */
export function pathOrShipped(path: string, root: string): string {
  if (path === "" || isAbsolute(path) || existsSync(path)) return path;
  const shipped = join(root, path);
  const leaves = relative(root, shipped).split(sep)[0] === "..";
  return !leaves && existsSync(shipped) ? shipped : path;
}

/** {@link pathOrShipped} with what comes with this Easel: `assets/janus-nano` works in every folder. */
export function shippedPath(path: string): string {
  return pathOrShipped(path, easelFolder);
}
