// The files the rules look at: what git tracks or would track, so build outputs and run folders are out.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Paths of the checkout, relative, with forward slashes. */
export function listFiles(repo) {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const names = execFileSync("git", args, { cwd: repo, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 }).split(
    "\0",
  );
  return names.filter((name) => name !== "" && existsSync(join(repo, name)));
}

/** Whether a path is program text: TypeScript, JavaScript, C++, Python or shell. */
export const isSource = (path) => /\.(ts|tsx|mjs|js|cc|h|py|sh)$/.test(path) || path === ".ci/run";

/** Whether a path is text that speaks to readers: sources, documents, settings. */
export const isText = (path) =>
  isSource(path) || /\.(md|ya?ml|json|css|html|txt)$/.test(path) || /^(NOTICE|LICENSE|Dockerfile)/.test(path);

/** `{ path, text }` of each file that `accept` takes. */
export function readFiles(repo, paths, accept) {
  return paths.filter(accept).map((path) => ({ path, text: readFileSync(join(repo, path), "utf8") }));
}
