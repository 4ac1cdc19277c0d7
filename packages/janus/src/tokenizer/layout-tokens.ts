// Adds GoT-R1's four layout tokens to the tokenizer of a Janus model that lacks them. Does not touch the weights.
import { JanusError } from "../errors.js";
import { layoutRoles, tokenStrings } from "./special-tokens.js";

type AddedToken = { readonly id: number; readonly content: string };
type Definition = {
  readonly added_tokens?: readonly AddedToken[];
  readonly model: { readonly vocab: Readonly<Record<string, number>> };
};

function isDefinition(value: unknown): value is Definition {
  if (typeof value !== "object" || value === null || !("model" in value)) return false;
  const { model } = value;
  return typeof model === "object" && model !== null && "vocab" in model;
}

/** How the original adds a token: ordinary, not special, matched wherever it stands. */
function ordinaryToken(id: number, content: string): AddedToken & Readonly<Record<string, unknown>> {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: true, special: false };
}

/**
 * A copy of the parsed `tokenizer.json` in which the layout tokens that are missing follow the highest id, in GoT-R1's
 * order. Their rows of the embedding and of lm_head exist already in Janus-Pro (it has spare rows) but are untrained.
 *
 * @throws JanusError `EASEL_JANUS_TOKENIZER_INVALID`
 */
export function addLayoutTokens(definition: unknown): unknown {
  if (!isDefinition(definition)) {
    throw new JanusError(
      "EASEL_JANUS_TOKENIZER_INVALID",
      "tokenizer.json has no model vocabulary. Use the tokenizer.json that came with the checkpoint.",
    );
  }
  const added = [...(definition.added_tokens ?? [])];
  const known = new Set([...Object.keys(definition.model.vocab), ...added.map((token) => token.content)]);
  const ids = [...Object.values(definition.model.vocab), ...added.map((token) => token.id)];
  let next = ids.reduce((highest, id) => Math.max(highest, id), -1) + 1;
  for (const role of layoutRoles) {
    if (known.has(tokenStrings[role])) continue;
    added.push(ordinaryToken(next, tokenStrings[role]));
    next += 1;
  }
  return { ...definition, added_tokens: added };
}
