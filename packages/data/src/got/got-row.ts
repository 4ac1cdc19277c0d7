// One row of a GoT release as an example, or the reason why it is none. Pure: pictures are looked at elsewhere.
import { BEGIN_OF_IMAGE, BOX_END, BOX_START, OBJ_END, OBJ_START } from "@easel/chain";
import { chainReason } from "../records/chain-check.js";
import { isInnerPath } from "../records/supervised-example.js";
import { fieldValue, sizeValue, textValue } from "../rows/field-value.js";
import { cleanChain } from "./clean-chain.js";

/** Names of the fields in a release; a dot leads into a field, e.g. `meta.width`. */
export type GotFields = {
  readonly id: string;
  readonly prompt: string;
  readonly chain: string;
  readonly image: string;
  readonly width: string;
  readonly height: string;
};

/** The names of Easel's own records. */
export const DEFAULT_GOT_FIELDS: GotFields = {
  id: "id",
  prompt: "prompt",
  chain: "chain",
  image: "image",
  width: "width",
  height: "height",
};

/** What a row says. */
export type GotDraft = {
  /** Absent where the row has none. */
  readonly id: string | null;
  readonly prompt: string;
  readonly chain: string;
  /** Inner path below the folder of the pictures. */
  readonly image: string;
  /** Size that the row notes, in pixels; null where it notes none. */
  readonly size: { readonly width: number; readonly height: number } | null;
  readonly colours: number;
  readonly parentheses: number;
};

/** A draft, or why the row is left out. */
export type GotOutcome = { readonly draft: GotDraft } | { readonly reason: string };

const MARKERS = [OBJ_START, OBJ_END, BOX_START, BOX_END, BEGIN_OF_IMAGE];

/** Whether a text holds a marker of chains, which no prompt may: the model would read it as a part of a chain. */
export function hasMarkup(text: string): boolean {
  return MARKERS.some((marker) => text.includes(marker));
}

/**
 * Reads a row.
 *
 * @param imagePrefix beginning of the image paths that is taken off, e.g. the folder of the authors' machine
 */
export function readGotRow(row: unknown, fields: GotFields, imagePrefix = ""): GotOutcome {
  if (typeof row !== "object" || row === null || Array.isArray(row)) return { reason: "row-not-an-object" };
  const prompt = textField(row, fields.prompt, "prompt");
  if ("reason" in prompt) return prompt;
  if (hasMarkup(prompt.text)) return { reason: "prompt-with-markup" };
  const chain = textField(row, fields.chain, "chain");
  if ("reason" in chain) return chain;
  const cleaned = cleanChain(chain.text);
  const fault = chainReason(cleaned.chain);
  if (fault !== null) return { reason: `chain-${fault}` };
  const image = textField(row, fields.image, "image");
  if ("reason" in image) return image;
  const path = innerImage(image.text, imagePrefix);
  if (path === null) return { reason: "image-path-leaves-folder" };
  const size = noted(row, fields);
  if (size === "wrong") return { reason: "size-not-whole-pixels" };
  return { draft: { id: idOf(row, fields), prompt: prompt.text, image: path, size, ...cleaned } };
}

function textField(
  row: unknown,
  field: string,
  name: string,
): { readonly text: string } | { readonly reason: string } {
  const value = fieldValue(row, field);
  if (value === undefined || value === null) return { reason: `${name}-missing` };
  const text = textValue(value)?.trim();
  if (text === undefined) return { reason: `${name}-not-text` };
  return text === "" ? { reason: `${name}-empty` } : { text };
}

function innerImage(path: string, prefix: string): string | null {
  // The prefix may be given without the slash after it.
  const rest =
    prefix !== "" && path.startsWith(prefix) ? path.slice(prefix.length).replace(/^\/+/, "") : path;
  const inner = rest.replace(/^(?:\.\/+)+/, "");
  return isInnerPath(inner) ? inner : null;
}

function noted(row: unknown, fields: GotFields): GotDraft["size"] | "wrong" {
  const given = [fieldValue(row, fields.width), fieldValue(row, fields.height)];
  if (given.every((value) => value === undefined || value === null)) return null;
  const [width = null, height = null] = given.map(sizeValue);
  return width === null || height === null ? "wrong" : { width, height };
}

function idOf(row: unknown, fields: GotFields): string | null {
  const value = fieldValue(row, fields.id);
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  const text = textValue(value)?.trim();
  return text === undefined || text === "" ? null : text;
}
