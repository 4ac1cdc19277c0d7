// Lays out the tarball's folder. It mirrors the checkout (apps, tools/bootstrap, configs, assets), so that the same code finds
// the same things in both; the workspaces under packages/ and all third-party packages lie in node_modules.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runtimePackages } from "./closure.mjs";
import { copyFiles, listFiles, thirdPartyFiles, workspaceFiles } from "./files.mjs";
import { bundledManifest, tarballManifest } from "./manifest.mjs";
import { licenceText, thirdPartyPage } from "./third-party.mjs";

const cli = "apps/cli";
const topFiles = ["LICENSE", "NOTICE", "README.md"];
const checkoutOnly = new Set(["main.mjs", "launch.mjs"]);

const readJson = (file) => JSON.parse(readFileSync(file, "utf8"));
const writeJson = (file, value) => writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);

/** Where a package of the lock file lies in the tarball. */
export function tarballPath(path, name) {
  if (path.startsWith("node_modules/")) return path;
  if (path.includes("/node_modules/"))
    throw new Error(`${path}: packages installed below a workspace cannot be bundled; align the versions`);
  return path.startsWith("apps/") ? path : `node_modules/${name}`;
}

/** Fills the empty folder `staging`; returns what was put there. */
export function stage(repo, staging) {
  const lock = readJson(join(repo, "package-lock.json"));
  const apps = readdirSync(join(repo, "apps")).map((name) => `apps/${name}`);
  const packages = runtimePackages(lock, apps);
  const rows = [];
  for (const [path, one] of packages) {
    const to = tarballPath(path, one.name);
    const row = stagePackage(join(repo, path), join(staging, to), to, one);
    if (row !== null) rows.push(row);
  }
  copyFiles(repo, staging, [...topFiles, ...sharedFiles(repo)]);
  writeFileSync(join(staging, "THIRD-PARTY.md"), thirdPartyPage(rows));
  copyFileSync(join(repo, "tools/pack/mit-licence.txt"), join(staging, "LICENSE-MIT"));
  const bundled = [...packages]
    .map(([path, { name, version }]) => [tarballPath(path, name), name, version])
    .filter(([to, name]) => to === `node_modules/${name}`)
    .map(([, name, version]) => [name, version])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const { description } = readJson(join(repo, cli, "package.json"));
  writeJson(
    join(staging, "package.json"),
    tarballManifest(readJson(join(repo, "package.json")), {
      description,
      bundled: Object.fromEntries(bundled),
    }),
  );
  return { packages: packages.size, files: listFiles(staging) };
}

// A row for THIRD-PARTY.md, or null for a workspace.
function stagePackage(from, to, path, { name, dependencies }) {
  const manifest = readJson(join(from, "package.json"));
  const own = name.startsWith("@easel/");
  mkdirSync(to, { recursive: true });
  copyFiles(from, to, own ? workspaceFiles(from, manifest.files ?? ["dist"]) : thirdPartyFiles(from, name));
  writeJson(join(to, "package.json"), bundledManifest(manifest, dependencies));
  if (own) return null;
  const { version, license } = manifest;
  return { name, version, license, text: licenceText(to, path, manifest) };
}

// Set-up's steps, the configurations, and the checkpoint that the ten-minute run starts from.
function sharedFiles(repo) {
  const below = (folder, accept) =>
    existsSync(join(repo, folder))
      ? listFiles(join(repo, folder))
          .filter(accept)
          .map((file) => join(folder, file))
      : [];
  const isStep = (file) => /^[\w-]+\.(mjs|py)$/.test(file) && !checkoutOnly.has(file);
  return [
    ...below("tools/bootstrap", isStep),
    ...below("configs", () => true),
    ...below("assets", () => true),
  ];
}
