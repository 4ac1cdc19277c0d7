// The ids in a parsed tokenizer.json, checked before anything is made of them: an id is a row of the embedding, and the
// tokenizer library makes a list as long as the highest one.
import { JanusError } from "../errors.js";

/** Far above any vocabulary. */
const mostIds = 2 ** 24;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(problem: string): JanusError {
  return new JanusError(
    "EASEL_JANUS_TOKENIZER_INVALID",
    `tokenizer.json ${problem}. Use the tokenizer.json that came with the checkpoint.`,
  );
}

/**
 * One more than the highest id: the rows that an embedding needs.
 *
 * @param definition the parsed file
 * @throws JanusError `EASEL_JANUS_TOKENIZER_INVALID` naming a token whose id is none
 */
export function tokenIdLimit(definition: unknown): number {
  const { model, added_tokens: added = [] } = isObject(definition) ? definition : {};
  const vocab = isObject(model) ? model.vocab : undefined;
  if (!isObject(vocab)) throw invalid("has no model vocabulary");
  if (!Array.isArray(added)) throw invalid("has added_tokens that are no list");
  let limit = 0;
  const take = (token: unknown, id: unknown): void => {
    if (
      typeof token !== "string" ||
      typeof id !== "number" ||
      !Number.isInteger(id) ||
      id < 0 ||
      id >= mostIds
    ) {
      const named = (JSON.stringify(token) ?? "a token without a text").slice(0, 100);
      throw invalid(
        `gives ${named} the id ${String(id).slice(0, 100)}, which is no whole number below ${mostIds}`,
      );
    }
    limit = Math.max(limit, id + 1);
  };
  for (const [token, id] of Object.entries(vocab)) take(token, id);
  for (const token of added as readonly unknown[]) {
    const { content, id } = isObject(token) ? token : {};
    take(content, id);
  }
  return limit;
}
