// THIRD-PARTY.md of the tarball: whose code is in it, under which licence, and where the licence's text is.
import { licenceFiles } from "./files.mjs";

// Texts at the tarball's top, for packages that name their licence and have no file of it.
const texts = { "Apache-2.0": "LICENSE", MIT: "LICENSE-MIT" };

/**
 * Where a bundled package's licence text is, relative to the tarball.
 * @param folder the package; @param path where it lies in the tarball.
 * @throws Error when there is no text: such a package must not be shipped as it is.
 */
export function licenceText(folder, path, { name, version, license }) {
  const own = licenceFiles(folder);
  if (own.length > 0) return own.map((file) => `${path}/${file}`).join(", ");
  const found = String(license)
    .replace(/[()]/g, "")
    .split(" AND ")
    .map((id) => texts[id]);
  if (found.includes(undefined)) {
    throw new Error(`${name} ${version}: there is no text of its licence, ${license}; add one to tools/pack`);
  }
  return found.join(", ");
}

/** The page, from rows in the tarball's order. */
export function thirdPartyPage(rows) {
  return [
    "# Third-party packages in this tarball",
    "",
    "They are the published packages, reduced to the files that Easel runs: no types, source maps, tests and install scripts;",
    "their package.json files are reduced likewise. Easel itself: LICENSE and NOTICE.",
    "",
    "| package | version | licence | text |",
    "|---|---|---|---|",
    ...rows.map(({ name, version, license, text }) => `| ${name} | ${version} | ${license} | ${text} |`),
    "",
  ].join("\n");
}
