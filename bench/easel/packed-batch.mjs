// The batch that both sides compute on, read from its file.
import { readFileSync } from "node:fs";
import { packedTensors } from "@easel/janus";

/** Tensors of a batch file; see `PackedTensors` of @easel/janus. */
export function readBatch(file) {
  const packed = JSON.parse(readFileSync(file, "utf8"));
  const typed = Object.entries(packed).map(([name, value]) => [
    name,
    Array.isArray(value) ? typedArray(name, value) : value,
  ]);
  return packedTensors(Object.fromEntries(typed));
}

function typedArray(name, values) {
  if (name.endsWith("Mask")) return Float32Array.from(values);
  return name.startsWith("is") || name.endsWith("IsBoi") ? Uint8Array.from(values) : Int32Array.from(values);
}
