// `npm run pack:cli`: builds, lays out and packs the CLI as one tarball that plain `npm install` installs without a download
// and without an install script. `--no-build` takes what is built; `--out <folder>` says where the tarball goes.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { npmPack } from "./npm-pack.mjs";
import { stage } from "./stage.mjs";

const repo = fileURLToPath(new URL("../..", import.meta.url));

const { values } = parseArgs({
  options: { out: { type: "string", default: "." }, "no-build": { type: "boolean", default: false } },
});
const started = performance.now();
if (!values["no-build"]) {
  const compiler = join(repo, "node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [compiler, "-b"], { cwd: repo, stdio: "inherit" });
}
const out = resolve(values.out);
mkdirSync(out, { recursive: true });
const staging = mkdtempSync(join(tmpdir(), "easel-pack-"));
try {
  const { packages, files } = stage(repo, staging);
  const tarball = npmPack(staging, out, files);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const size = (statSync(tarball).size / 1e6).toFixed(1);
  console.log(`${tarball}: ${size} MB, ${files.length} files of ${packages} packages, in ${seconds} s`);
} finally {
  rmSync(staging, { recursive: true, force: true });
}
