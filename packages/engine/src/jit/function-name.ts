// Names of functions in TensorFlow: unique in the process, and the same in the next one, because what XLA compiled is
// found again by name and content.
import { createHash } from "node:crypto";

const used = new Map<string, number>();

/** A name for the next function that is called `name` and was traced for `key`. */
export function functionName(name: string, key: string): string {
  const digest = createHash("sha256").update(key).digest("hex").slice(0, 12);
  const stem = `Easel_${name.replaceAll(/[^A-Za-z0-9]/g, "_")}_${digest}`;
  const count = used.get(stem) ?? 0;
  used.set(stem, count + 1);
  return `${stem}_${count}`;
}
