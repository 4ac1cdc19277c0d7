// Compares the weights a checkpoint holds with those its config asks for, and reports all differences at once.
import type { JanusConfig } from "../config.js";
import { JanusError } from "../errors.js";
import { isIgnored, janusLayout, type ModelPart } from "./layout.js";

/** What a checkpoint file says about one tensor. */
export type StoredEntry = {
  /** Its name in the file, where that is another than the original layout's. */
  readonly name?: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly file: string;
};

const floats: ReadonlySet<string> = new Set(["F64", "F32", "F16", "BF16"]);

/** All differences, one line each. Entries of parts that are not asked for are only checked for being known. */
function differences(
  stored: ReadonlyMap<string, StoredEntry>,
  config: JanusConfig,
  parts: readonly ModelPart[],
  storedName: (name: string) => string,
): readonly string[] {
  const lines: string[] = [];
  const files = new Set([...stored.values()].map(({ file }) => file));
  const searched = files.size === 1 ? `not in ${[...files].join()}` : `in none of ${files.size} files`;
  for (const [name, shape] of janusLayout(config, parts)) {
    const entry = stored.get(name);
    const label = entry?.name ?? storedName(name);
    if (entry === undefined) lines.push(`missing: ${label} [${shape}], ${searched}`);
    else if (entry.shape.join() !== shape.join()) {
      lines.push(`wrong shape: ${label} in ${entry.file} is [${entry.shape}], the config needs [${shape}]`);
    } else if (!floats.has(entry.dtype)) {
      lines.push(`wrong type: ${label} in ${entry.file} is ${entry.dtype}, not a floating-point type`);
    }
  }
  const known = janusLayout(config);
  for (const [name, entry] of stored) {
    if (!known.has(name) && !isIgnored(name)) lines.push(`unknown: ${entry.name ?? name} in ${entry.file}`);
  }
  return lines;
}

/**
 * @param stored what the checkpoint holds, by original-layout name
 * @param source the folder, for the message
 * @param storedName a weight's name in the checkpoint's layout, for the message; the original layout's when left out
 * @throws JanusError `EASEL_JANUS_CHECKPOINT_MISMATCH` listing every missing, misshaped and unknown weight
 */
export function checkShapes(
  stored: ReadonlyMap<string, StoredEntry>,
  config: JanusConfig,
  parts: readonly ModelPart[],
  source: string,
  storedName: (name: string) => string = (name) => name,
): void {
  const lines = differences(stored, config, parts, storedName);
  if (lines.length === 0) return;
  throw new JanusError(
    "EASEL_JANUS_CHECKPOINT_MISMATCH",
    `The weights of ${source} do not fit its config.json (${lines.length} differences). ` +
      `Use the config.json that came with them.\n  ${lines.join("\n  ")}`,
  );
}
