// Runs `npm pack` on the staging folder and checks that it took every file: npm's own rules drop some silently.
import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Packs `staging` into `out`; returns the tarball. @throws Error naming what npm left out. */
export function npmPack(staging, out, files) {
  const args = ["pack", "--json", "--ignore-scripts", "--loglevel=error", "--pack-destination", out];
  const npm = process.env.npm_execpath;
  const throughNode = npm !== undefined && /npm-cli\.[cm]?js$/.test(npm);
  const [program, first] = throughNode ? [process.execPath, [npm]] : ["npm", []];
  const output = execFileSync(program, [...first, ...args], {
    cwd: staging,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [result] = JSON.parse(output);
  const packed = new Set(result.files.map(({ path }) => path));
  const missing = files.filter((file) => !packed.has(file));
  if (missing.length > 0) {
    const shown = missing.slice(0, 10).join(", ");
    throw new Error(`npm pack left out ${missing.length} files that the tarball needs: ${shown}`);
  }
  return join(out, result.filename);
}
