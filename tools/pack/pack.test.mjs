// What goes into the tarball and what does not: the choices that are plain functions.
import { expect, test } from "vitest";
import { resolveInLock, runtimePackages } from "./closure.mjs";
import { bundledManifest, tarballManifest } from "./manifest.mjs";
import { tarballPath } from "./stage.mjs";
import { licenceText } from "./third-party.mjs";

const lock = {
  packages: {
    "apps/cli": {
      name: "@easel/cli",
      version: "1.0.0",
      dependencies: { "@easel/engine": "1.0.0", a: "^1.0.0" },
      devDependencies: { tester: "1.0.0" },
    },
    "packages/engine": {
      name: "@easel/engine",
      version: "1.0.0",
      dependencies: { "@tensorflow/tfjs-node": "4.0.0" },
    },
    "node_modules/@easel/engine": { resolved: "packages/engine", link: true },
    "node_modules/@tensorflow/tfjs-node": {
      version: "4.0.0",
      dependencies: { a: "^2.0.0", tar: "^6.0.0" },
      hasInstallScript: true,
    },
    "node_modules/@tensorflow/tfjs-node/node_modules/a": { version: "2.3.0" },
    "node_modules/a": {
      version: "1.5.0",
      dependencies: { "@types/a": "*" },
      optionalDependencies: { fast: "1.0.0" },
    },
    "node_modules/tar": { version: "6.0.0" },
    "node_modules/tester": { version: "1.0.0" },
    "node_modules/fast": { version: "1.0.0", hasInstallScript: true },
  },
};

test("the apps' run-time packages are taken, at the versions and places of the lock file", () => {
  const packages = runtimePackages(lock, ["apps/cli"]);
  expect([...packages.keys()]).toEqual([
    "apps/cli",
    "node_modules/@tensorflow/tfjs-node",
    "node_modules/@tensorflow/tfjs-node/node_modules/a",
    "node_modules/a",
    "packages/engine",
  ]);
  expect(packages.get("apps/cli").dependencies).toEqual({ "@easel/engine": "1.0.0", a: "1.5.0" });
  expect(packages.get("node_modules/@tensorflow/tfjs-node").dependencies).toEqual({ a: "2.3.0" });
});

test("a dependency that the lock file lacks is named", () => {
  expect(() => resolveInLock(lock, "packages/engine", "other")).toThrow("lacks other");
});

test("workspaces lie where their names are found; a package that would not be found is refused", () => {
  expect(tarballPath("packages/engine", "@easel/engine")).toBe("node_modules/@easel/engine");
  expect(tarballPath("apps/cli", "@easel/cli")).toBe("apps/cli");
  expect(() => tarballPath("apps/cli/node_modules/y", "y")).toThrow("align the versions");
  expect(tarballPath("node_modules/x/node_modules/y", "y")).toBe("node_modules/x/node_modules/y");
  expect(() => tarballPath("packages/engine/node_modules/y", "y")).toThrow("align the versions");
});

test("a bundled manifest gives npm nothing to run, compile or fetch", () => {
  const manifest = bundledManifest(
    {
      name: "x",
      version: "1.0.0",
      license: "MIT",
      main: "x.js",
      scripts: { install: "node-gyp rebuild" },
      gypfile: true,
      bin: "x",
      peerDependencies: { y: "1" },
      optionalDependencies: { z: "1" },
      engines: { node: ">=99" },
      dependencies: { a: "^1.0.0", tar: "6" },
    },
    { a: "1.5.0" },
  );
  expect(manifest).toEqual({
    name: "x",
    version: "1.0.0",
    license: "MIT",
    main: "x.js",
    dependencies: { a: "1.5.0" },
  });
});

test("all that the tarball depends on is bundled", () => {
  const bundled = { "@easel/engine": "1.0.0", a: "1.5.0" };
  const manifest = tarballManifest({ name: "easel", version: "1.0.0" }, { description: "d", bundled });
  expect(manifest.bundleDependencies).toEqual(Object.keys(manifest.dependencies));
  expect(manifest.scripts).toBeUndefined();
});

test("a package without its licence's text gets one, or is refused", () => {
  const empty = new URL("../bootstrap/fixtures", import.meta.url).pathname;
  const of = (license) => licenceText(empty, "node_modules/x", { name: "x", version: "1.0.0", license });
  expect(of("Apache-2.0 AND MIT")).toBe("LICENSE, LICENSE-MIT");
  expect(() => of("GPL-3.0")).toThrow("x 1.0.0: there is no text of its licence, GPL-3.0");
});
