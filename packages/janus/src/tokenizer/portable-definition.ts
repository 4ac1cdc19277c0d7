// Rewrites a parsed tokenizer.json where the JavaScript tokenizer library reads it differently from the Rust one
// that made it. Changes no file.
import { JanusError } from "../errors.js";

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A `Digits` step isolates every number character of Unicode (fractions, superscripts, Arabic digits); the JavaScript
 * library matches 0-9 only. A `Split` on the Unicode category says the same and is read alike.
 */
function portableStep(step: unknown): unknown {
  if (!isObject(step)) return step;
  if (step.type === "Sequence" && Array.isArray(step.pretokenizers)) {
    return { ...step, pretokenizers: step.pretokenizers.map(portableStep) };
  }
  if (step.type !== "Digits") return step;
  const pattern = { Regex: step.individual_digits === true ? "\\p{N}" : "\\p{N}+" };
  return { type: "Split", pattern, behavior: "Isolated", invert: false };
}

/**
 * @param value the parsed `tokenizer.json`
 * @throws JanusError `EASEL_JANUS_TOKENIZER_INVALID` when it is not a byte-pair tokenizer
 */
export function portableDefinition(value: unknown): Json {
  const model = isObject(value) ? value.model : undefined;
  if (!isObject(value) || !isObject(model) || model.type !== "BPE") {
    throw new JanusError(
      "EASEL_JANUS_TOKENIZER_INVALID",
      "tokenizer.json does not describe a BPE tokenizer. Use the tokenizer.json that came with the checkpoint.",
    );
  }
  return { ...value, pre_tokenizer: portableStep(value.pre_tokenizer) };
}
