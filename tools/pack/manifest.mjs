// The package.json files of the tarball: without scripts, so that npm has nothing to run when it installs.

const kept = [
  "name",
  "version",
  "description",
  "license",
  "author",
  "contributors",
  "homepage",
  "repository",
];
const keptForLoading = ["type", "main", "exports", "imports"];

/**
 * A bundled package's manifest: who made it, how Node.js loads it and what it needs. Everything that npm could act on
 * (scripts, bin, gypfile, engines, peer and optional dependencies, files) stays out.
 * @param dependencies exact versions, all of them bundled.
 */
export function bundledManifest(manifest, dependencies) {
  const wanted = [...kept, ...keptForLoading].filter((key) => manifest[key] !== undefined);
  return { ...Object.fromEntries(wanted.map((key) => [key, manifest[key]])), dependencies };
}

/**
 * The tarball's own manifest.
 * @param {Record<string, string>} bundled name to version of all that the top node_modules holds.
 */
export function tarballManifest({ name, version, license, engines }, { description, bundled }) {
  return {
    name,
    version,
    description,
    license,
    type: "module",
    engines,
    bin: { easel: "tools/bootstrap/installed.mjs" },
    dependencies: bundled,
    bundleDependencies: Object.keys(bundled),
  };
}
