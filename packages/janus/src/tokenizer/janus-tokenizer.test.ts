// The tokenizer against ids, decodings and rendered prompts that the Rust tokenizer library and the original prompt
// code gave for the same tokenizer.json (fixtures/README.md).
import { readFile } from "node:fs/promises";
import { Tokenizer } from "@huggingface/tokenizers";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { createTokenizer, type JanusTokenizer, loadTokenizer } from "./janus-tokenizer.js";
import { addLayoutTokens } from "./layout-tokens.js";
import { portableDefinition } from "./portable-definition.js";
import { gotPromptTemplate, renderPrompt } from "./prompt.js";

type Encoded = {
  readonly text: string;
  readonly ids: number[];
  readonly ids_with_bos: number[];
  readonly tokens: string[];
  readonly decoded: string;
  readonly decoded_skip_special: string;
};
type Expected = {
  readonly vocab_entries: number;
  readonly encode: readonly Encoded[];
  readonly decode_only: readonly Pick<Encoded, "ids" | "decoded" | "decoded_skip_special">[];
  readonly prompts: readonly {
    readonly caption: string;
    readonly rendered: string;
    readonly ids_with_bos: number[];
  }[];
  readonly pre_tokenizer_only: readonly { readonly text: string; readonly pieces: string[] }[];
};

const folder = new URL("../../fixtures/janus-tiny/tokenizer/", import.meta.url);

async function json(name: string): Promise<unknown> {
  return JSON.parse(await readFile(new URL(name, folder), "utf8"));
}

let expected: Expected;
beforeAll(async () => {
  expected = (await json("expected.json")) as Expected;
});

describe.each(["tokenizer.json", "tokenizer_string_merges.json"])("%s", (file) => {
  let tokenizer: JanusTokenizer;
  beforeAll(async () => {
    tokenizer = createTokenizer(await json(file));
  });

  it("encodes every listed text to the same ids, with and without BOS", () => {
    expect(expected.encode.length).toBeGreaterThan(60);
    for (const { text, ids, ids_with_bos } of expected.encode) {
      expect(tokenizer.encode(text), text).toEqual(ids);
      expect(tokenizer.encode(text, { begin: true }), text).toEqual(ids_with_bos);
    }
  });

  it("decodes ids alike, broken UTF-8 and unknown ids included", () => {
    for (const { ids, decoded, decoded_skip_special } of [...expected.encode, ...expected.decode_only]) {
      expect(tokenizer.decode(ids)).toBe(decoded);
      expect(tokenizer.decode(ids, { skipSpecial: true })).toBe(decoded_skip_special);
    }
  });

  it("names tokens alike", () => {
    for (const { ids, tokens } of expected.encode) {
      expect(ids.map((id) => tokenizer.token(id))).toEqual(tokens);
    }
    expect(tokenizer.token(511)).toBeUndefined();
    expect(tokenizer.size).toBe(expected.vocab_entries);
  });

  it("renders and encodes GoT-R1's prompt", () => {
    for (const { caption, rendered, ids_with_bos } of expected.prompts) {
      expect(renderPrompt(gotPromptTemplate, caption)).toBe(rendered);
      expect(tokenizer.encodePrompt(caption), caption).toEqual(ids_with_bos);
    }
  });

  it("splits odd white space and odd digits alike", async () => {
    const library = new Tokenizer(portableDefinition(await json(file)), {});
    for (const { text, pieces } of expected.pre_tokenizer_only) {
      expect(library.pre_tokenizer?.(text), JSON.stringify(text)).toEqual(pieces);
    }
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
