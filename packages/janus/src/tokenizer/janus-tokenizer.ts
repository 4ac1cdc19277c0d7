// The tokenizer of a checkpoint: text to ids and back, and the ids of the tokens the model treats specially.
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { readBoundedJson } from "../bounded-json.js";
import { JanusError } from "../errors.js";
import { addLayoutTokens } from "./layout-tokens.js";
import { portableDefinition } from "./portable-definition.js";
import { gotPromptTemplate, renderPrompt } from "./prompt.js";
import { layoutRoles, type TokenIds, type TokenRole, tokenStrings } from "./special-tokens.js";
import { tokenIdLimit } from "./token-id-limit.js";

/** Text to ids and back for one checkpoint. Immutable. */
export type JanusTokenizer = {
  /** Ids of the named tokens in this checkpoint. */
  readonly ids: TokenIds;
  /** Number of tokens; the embedding may have more rows. */
  readonly size: number;
  /** One more than the highest id: the rows that an embedding needs. */
  readonly idLimit: number;
  /** The prompt template of this checkpoint, with `{caption}` in it. */
  readonly promptTemplate: string;
  /** The parsed tokenizer.json, to save it with a checkpoint. */
  readonly definition: unknown;
  /**
   * @param options `begin` puts BOS in front (default false; a chain must not have one in its middle)
   */
  encode(text: string, options?: { readonly begin?: boolean }): number[];
  /**
   * Ids without an entry are skipped; bytes that are no UTF-8 become U+FFFD.
   *
   * @param options `skipSpecial` leaves out special tokens (default false); the four layout tokens always stay
   */
  decode(ids: readonly number[], options?: { readonly skipSpecial?: boolean }): string;
  /** The vocabulary string of an id, or undefined for a row without a token. */
  token(id: number): string | undefined;
  /** BOS and the rendered prompt of a caption. */
  encodePrompt(caption: string): number[];
};

function resolveIds(find: (token: string) => number | undefined): TokenIds {
  const roles = Object.keys(tokenStrings) as TokenRole[];
  const missing = roles.filter((role) => find(tokenStrings[role]) === undefined);
  if (missing.length > 0) {
    const names = missing.map((role) => `"${tokenStrings[role]}"`).join(", ");
    const onlyLayout = missing.every((role) => layoutRoles.some((other) => other === role));
    const fix = onlyLayout
      ? "Use the tokenizer of a GoT-R1 checkpoint, or let loading add the four layout tokens to a Janus one (addLayoutTokens)."
      : "It is no tokenizer of Janus-Pro or GoT-R1: use the tokenizer.json that came with the checkpoint.";
    throw new JanusError("EASEL_JANUS_TOKEN_MISSING", `tokenizer.json has no token ${names}. ${fix}`);
  }
  const entries = roles.map((role) => [role, find(tokenStrings[role])]);
  return Object.freeze(Object.fromEntries(entries)) as TokenIds;
}

/** The library trusts what it is given, and fails on the rest in its own ways. */
function builtFrom(definition: unknown): { readonly tokenizer: Tokenizer; readonly idLimit: number } {
  try {
    const portable = portableDefinition(definition);
    const idLimit = tokenIdLimit(portable);
    return { tokenizer: new Tokenizer(portable, { clean_up_tokenization_spaces: false }), idLimit };
  } catch (cause) {
    if (cause instanceof JanusError) throw cause;
    throw new JanusError(
      "EASEL_JANUS_TOKENIZER_INVALID",
      `tokenizer.json does not describe a tokenizer (${String(cause).slice(0, 200)}). Use the tokenizer.json that came with the checkpoint.`,
      { cause },
    );
  }
}

/**
 * Makes a tokenizer from a parsed `tokenizer.json`.
 *
 * @param definition the parsed file
 * @param promptTemplate see {@link renderPrompt}; GoT-R1's by default
 * @throws JanusError `EASEL_JANUS_TOKENIZER_INVALID` or `EASEL_JANUS_TOKEN_MISSING`
 */
export function createTokenizer(definition: unknown, promptTemplate = gotPromptTemplate): JanusTokenizer {
  const { tokenizer, idLimit } = builtFrom(definition);
  const ids = resolveIds((token) => tokenizer.token_to_id(token));
  const encode = (text: string, options: { readonly begin?: boolean } = {}): number[] => {
    const encoded = tokenizer.encode(text, { add_special_tokens: false }).ids;
    return options.begin === true ? [ids.begin, ...encoded] : encoded;
  };
  return {
    ids,
    size: tokenizer.get_vocab().size,
    idLimit,
    promptTemplate,
    definition,
    encode,
    decode: (tokens, options = {}) => {
      // The library drops nothing it does not know and refuses an empty list.
      const known = tokens.filter((id) => tokenizer.id_to_token(id) !== undefined);
      if (known.length === 0) return "";
      return tokenizer.decode(known, { skip_special_tokens: options.skipSpecial ?? false });
    },
    token: (id) => tokenizer.id_to_token(id),
    encodePrompt: (caption) => encode(renderPrompt(promptTemplate, caption), { begin: true }),
  };
}

async function readJson(path: string): Promise<unknown> {
  try {
    return await readBoundedJson(path);
  } catch (cause) {
    const isAbsent = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    throw new JanusError(
      "EASEL_JANUS_TOKENIZER_INVALID",
      isAbsent
        ? `there is no ${path}. Point to a folder with config.json, tokenizer.json and weights.`
        : `${path} cannot be read as JSON. Download it again with the checkpoint.`,
      { cause },
    );
  }
}

/** `prompt_template` of the folder's processor_config.json, or undefined when either is absent. */
async function readPromptTemplate(folder: string): Promise<string | undefined> {
  const path = join(folder, "processor_config.json");
  let value: unknown;
  try {
    value = await readBoundedJson(path);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new JanusError(
      "EASEL_JANUS_TOKENIZER_INVALID",
      `${path} cannot be read as JSON. Download it again with the checkpoint, or remove it for GoT-R1's prompt.`,
      { cause },
    );
  }
  const { prompt_template: template } = Object(value) as { prompt_template?: unknown };
  if (template === undefined) return undefined;
  if (typeof template !== "string" || !template.includes("{caption}")) {
    throw new JanusError(
      "EASEL_JANUS_TOKENIZER_INVALID",
      `${path}: "prompt_template" must be a text with {caption} in it.`,
    );
  }
  return template;
}

/**
 * Loads `tokenizer.json`, and the prompt template of `processor_config.json` if there is one, from a checkpoint folder.
 *
 * @param options `addLayoutTokens` adds GoT-R1's four tokens where they are missing, as its own code does on loading
 * @throws JanusError `EASEL_JANUS_TOKENIZER_INVALID` or `EASEL_JANUS_TOKEN_MISSING`
 */
export async function loadTokenizer(
  folder: string,
  options: { readonly addLayoutTokens?: boolean } = {},
): Promise<JanusTokenizer> {
  const stored = await readJson(join(folder, "tokenizer.json"));
  const definition = options.addLayoutTokens === true ? addLayoutTokens(stored) : stored;
  return createTokenizer(definition, (await readPromptTemplate(folder)) ?? gotPromptTemplate);
}
