// The identity of a set of weights: a digest that does not depend on files, order of keys or sharding.
import { createHash } from "node:crypto";
import type { HostTensor } from "@easel/engine";

/**
 * SHA-256 over all weights in the order of their names (UTF-16 code units): for each one a line of JSON
 * `[name, dtype, shape]`, then its bytes.
 *
 * @returns 64 lower-case hex digits
 */
export function digestOf(weights: ReadonlyMap<string, HostTensor>): string {
  const hash = createHash("sha256");
  for (const name of [...weights.keys()].sort()) {
    const stored = weights.get(name);
    if (stored === undefined) continue;
    hash.update(`${JSON.stringify([name, stored.dtype, stored.shape])}\n`);
    hash.update(stored.bytes);
  }
  return hash.digest("hex");
}
