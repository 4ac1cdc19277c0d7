// Which part a combination belongs to, decided by its key alone. Coverage of the parts is coverage.ts.
import { hash32 } from "./random.js";
import type { Split } from "./vocabulary.js";

/**
 * Part of a canonical key: 80 % train, 10 % dev, 10 % test by a stable hash. Curves, tuning and the choice of
 * checkpoints use dev; test is for final tables.
 */
export function splitOf(key: string): Split {
  const bucket = hash32(`shapeworld split 1: ${key}`) % 100;
  if (bucket < 80) return "train";
  return bucket < 90 ? "dev" : "test";
}
