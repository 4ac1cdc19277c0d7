// Prompts of several lists without those that are empty, said already or held out. Keeps what it left out countable.
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { DropTally } from "../drop-tally.js";
import { DataError } from "../errors.js";
import { hasMarkup } from "../got/got-row.js";
import type { RlPrompt } from "../records/rl-prompt.js";
import { canonicalText } from "./canonical-text.js";
import type { HeldOut } from "./held-out.js";
import type { MixSource } from "./mix-declaration.js";
import { readPromptTexts } from "./prompt-texts.js";

/** A list as it was read. */
export type ListReport = { readonly file: string; readonly read: number };

/** What is left of a source. */
export type PromptPool = {
  readonly source: MixSource;
  readonly prompts: readonly PooledPrompt[];
  readonly lists: readonly ListReport[];
  readonly dropped: DropTally;
};

/** A prompt with what decides where it goes. */
export type PooledPrompt = { readonly record: RlPrompt; readonly canonical: string };

/**
 * Gathers the pools of the sources. A prompt that several lists hold belongs to the first of them.
 *
 * @param maxCharacters longest prompt that is kept
 * @param heldOutHits called with the file of each prompt that was held out
 * @throws DataError `EASEL_DATA_NOTHING_KEPT` for a list without a usable prompt; as `readPromptTexts`
 */
export async function gatherPools(
  sources: readonly MixSource[],
  heldOut: HeldOut,
  maxCharacters: number,
  heldOutHits: (file: string) => void,
): Promise<readonly PromptPool[]> {
  const owners = new Map<string, string>();
  const pools: PromptPool[] = [];
  for (const source of sources) {
    const prompts: PooledPrompt[] = [];
    const dropped = new DropTally();
    const lists: ListReport[] = [];
    for (const { file, field, skill } of source.lists) {
      let read = 0;
      let fields: readonly string[] = [];
      let missing = 0;
      for await (const { number, prompt } of readPromptTexts(file, field)) {
        read += 1;
        const place = `${basename(file)}:${number}`;
        if ("reason" in prompt) {
          fields = prompt.fields;
          missing += 1;
          dropped.add(prompt.reason, place);
          continue;
        }
        const { text } = prompt;
        const canonical = canonicalText(text);
        const reason = textReason(text, canonical, maxCharacters) ?? ownerReason(canonical);
        if (reason !== null) {
          dropped.add(reason, place);
          continue;
        }
        owners.set(canonical, source.name);
        prompts.push({ record: recordOf(text, canonical, source.name, skill), canonical });
      }
      if (read === missing) throw noPrompts(file, field, read, fields);
      lists.push({ file, read });
    }
    pools.push({ source, prompts, lists, dropped });

    function ownerReason(canonical: string): string | null {
      const benchmark = heldOut.fileWith(canonical);
      if (benchmark !== null) {
        heldOutHits(benchmark);
        return "held-out";
      }
      const owner = owners.get(canonical);
      if (owner === undefined) return null;
      return owner === source.name ? "duplicate" : `duplicate-of-${owner}`;
    }
  }
  return pools;
}

function textReason(text: string, canonical: string, maxCharacters: number): string | null {
  if (canonical === "") return "empty";
  if (hasMarkup(text)) return "prompt-with-markup";
  return text.length > maxCharacters ? "too-long" : null;
}

function recordOf(text: string, canonical: string, source: string, skill: string | null): RlPrompt {
  // Out of its words, so that the same prompt has the same id in every mix.
  const digest = createHash("sha256").update(canonical).digest("hex").slice(0, 16);
  return { id: `${source}/${digest}`, prompt: text, source, ...(skill === null ? {} : { skill }) };
}

function noPrompts(file: string, field: string, read: number, fields: readonly string[]): DataError {
  const what =
    read === 0
      ? "it is empty"
      : `no row has text in the field ${field}; the last one has ${fields.join(", ") || "no fields"}`;
  return new DataError(
    "EASEL_DATA_NOTHING_KEPT",
    `${file} holds no prompt: ${what}. Name the right list or field.`,
  );
}
