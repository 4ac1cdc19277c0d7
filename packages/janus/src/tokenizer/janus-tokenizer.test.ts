// The tokenizer's named tokens, its refusals and the layout tokens. Ids, decodings and rendered prompts that the Rust library and
// the original prompt code gave are checked by tools/parity.
import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { createTokenizer, type JanusTokenizer, loadTokenizer } from "./janus-tokenizer.js";
import { addLayoutTokens } from "./layout-tokens.js";
import { gotPromptTemplate, renderPrompt } from "./prompt.js";

const folder = new URL("../../fixtures/janus-tiny/tokenizer/", import.meta.url);

async function json(name: string): Promise<unknown> {
  return JSON.parse(await readFile(new URL(name, folder), "utf8"));
}

describe.each(["tokenizer.json", "tokenizer_string_merges.json"])("%s", (file) => {
  let tokenizer: JanusTokenizer;
  beforeAll(async () => {
    tokenizer = createTokenizer(await json(file));
  });

  it("finds the named tokens", () => {
    expect(tokenizer.ids).toEqual({
      begin: 480,
      end: 481,
      pad: 484,
      beginImage: 485,
      endImage: 487,
      boxStart: 488,
      boxEnd: 489,
      objectStart: 490,
      objectEnd: 491,
    });
  });

  it("gives every text without special tokens back", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        fc.pre(!text.includes("<"));
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }),
      { numRuns: 50 },
    );
  });
});

describe("a faulty tokenizer", () => {
  it("is refused with the names of the tokens it lacks", async () => {
    const definition = (await json("tokenizer.json")) as { added_tokens: { content: string }[] };
    const kept = definition.added_tokens.filter((token) => !token.content.includes("obj_"));
    expect(() => createTokenizer({ ...definition, added_tokens: kept })).toThrow(/obj_start.*obj_end/);
    expect(() => createTokenizer({ model: { type: "Unigram" } })).toThrow(/BPE/);
  });
});

describe("layout tokens", () => {
  it("are added to a Janus tokenizer under the ids GoT-R1 gives them", async () => {
    const definition = (await json("tokenizer.json")) as { added_tokens: { id: number }[] };
    const janus = { ...definition, added_tokens: definition.added_tokens.filter((token) => token.id < 488) };
    expect(addLayoutTokens(janus)).toEqual(definition);
    expect(addLayoutTokens(definition)).toEqual(definition);
  });
});

describe("a prompt template", () => {
  it("is GoT-R1's where the folder gives none", async () => {
    expect((await loadTokenizer(folder.pathname)).promptTemplate).toBe(gotPromptTemplate);
  });

  it("puts the caption in without reading it as a pattern", () => {
    expect(renderPrompt("{caption}:", "$& {caption} ")).toBe("$& {caption}:");
  });
});
