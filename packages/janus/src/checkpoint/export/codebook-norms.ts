// Whether a codebook's rows have unit length. The original code normalises them when it encodes; the transformers library
// does so only when it decodes.
import { toFloat32 } from "@easel/engine";
import { readWeight } from "../source/stored-weight.js";
import type { PlannedWeight } from "./plan-weights.js";

/** Whether all rows have unit length within 1 %, the rounding of half precision. */
export async function hasUnitRows({ shape, segments }: PlannedWeight): Promise<boolean> {
  const [segment] = segments;
  const width = shape[1] ?? 0;
  if (segment === undefined || width === 0) return true;
  const values = toFloat32(await readWeight(segment.weight));
  for (let at = 0; at < values.length; at += width) {
    const square = values.subarray(at, at + width).reduce((sum, value) => sum + value * value, 0);
    if (Math.abs(Math.sqrt(square) - 1) > 0.01) return false;
  }
  return true;
}
