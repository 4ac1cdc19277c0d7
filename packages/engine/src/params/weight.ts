// Looks up a weight by name with an error that says what is there instead. Does not load anything.

import { EngineError } from "../errors.js";
import type { tf } from "../tf.js";
import type { Params } from "./params.js";

/**
 * The tensor `name` of `p`.
 * @throws EngineError EASEL_ENGINE_WEIGHT_MISSING with a few similar names
 */
export function weight(p: Params, name: string): tf.Tensor {
  const found = p.weights[name];
  if (found !== undefined) return found;
  const lastPart = name.split(".").slice(-2).join(".");
  const similar = Object.keys(p.weights).filter((other) => other.endsWith(lastPart));
  const hint =
    similar.length > 0 ? `similar names: ${similar.slice(0, 3).join(", ")}` : "no similar name exists";
  throw new EngineError(
    "EASEL_ENGINE_WEIGHT_MISSING",
    `The model has no weight ${name} (${hint}); check that the checkpoint is complete and in the original layout.`,
  );
}
