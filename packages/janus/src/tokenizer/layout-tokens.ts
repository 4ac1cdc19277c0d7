// Adds GoT-R1's four layout tokens to the tokenizer of a Janus model that lacks them. Does not touch the weights.
import { layoutRoles, tokenStrings } from "./special-tokens.js";
import { tokenIdLimit } from "./token-id-limit.js";

type AddedToken = { readonly id: number; readonly content: string };
type Definition = {
  readonly added_tokens?: readonly AddedToken[];
  readonly model: { readonly vocab: Readonly<Record<string, number>> };
};

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
  let next = tokenIdLimit(definition);
  // Every token in it has been looked at now.
  const found = definition as Definition;
  const added = [...(found.added_tokens ?? [])];
  const known = new Set([...Object.keys(found.model.vocab), ...added.map((token) => token.content)]);
  for (const role of layoutRoles) {
    if (known.has(tokenStrings[role])) continue;
    added.push(ordinaryToken(next, tokenStrings[role]));
    next += 1;
  }
  return { ...found, added_tokens: added };
}
