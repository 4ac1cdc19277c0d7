// Loads the main addon's library without the lines that libtensorflow logs while it is loaded, which no setting of it
// silences. Anything else written meanwhile is passed on. Not the loading of the addon itself, which is in addon.ts.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** native/quiet-load.cc. `failure` is the dynamic linker's message. */
type Loader = { load(path: string): { readonly written: string; readonly failure: string | null } };

const remarks = [
  /^WARNING: All log messages before absl::InitializeLog\(\) is called are written to STDERR$/,
  /^I\d{4} .* port\.cc:\d+\] oneDNN custom operations are on\. /,
];

/** What of `written`, whole lines, is more than libtensorflow's usual remarks on being loaded. */
export function withoutRemarks(written: string): string {
  return written
    .split("\n")
    .filter((line) => !remarks.some((remark) => remark.test(line)))
    .join("\n");
}

/**
 * Loads `addon` as a library, so that requiring it finds libtensorflow loaded. Does nothing where the loader was not built
 * or cannot be used: requiring the addon then loads everything, with the remarks.
 * @returns why the library cannot be loaded, or null
 */
export function loadQuietly(addon: string): string | null {
  const file = join(dirname(addon), "easel-engine-load.node");
  if (!existsSync(file)) return null;
  let loader: Loader;
  try {
    loader = createRequire(import.meta.url)(file) as Loader;
  } catch {
    // An unusable loader costs the silence only.
    return null;
  }
  const { written, failure } = loader.load(addon);
  const rest = withoutRemarks(written);
  if (rest !== "") process.stderr.write(rest);
  return failure;
}
