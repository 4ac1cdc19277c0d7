// Whatever a tokenizer.json holds, loading it gives a tokenizer or a named refusal.
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { JanusError } from "../errors.js";
import { createTokenizer, loadTokenizer } from "./janus-tokenizer.js";

type Json = Readonly<Record<string, unknown>>;
type Definition = Json & {
  readonly added_tokens: readonly Json[];
  readonly model: Json & { readonly vocab: Readonly<Record<string, number>> };
};

let folder: string;
let text: string;
let valid: Definition;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-tokenizer-"));
  text = await readFile(
    new URL("../../fixtures/janus-tiny/tokenizer/tokenizer.json", import.meta.url),
    "utf8",
  );
  valid = JSON.parse(text) as Definition;
});
afterAll(() => rm(folder, { recursive: true }));

/** The code of the refusal, or "read". */
function codeOf(definition: unknown): string {
  try {
    const tokenizer = createTokenizer(definition);
    expect(tokenizer.idLimit).toBeLessThanOrEqual(2 ** 24);
    return "read";
  } catch (error) {
    if (error instanceof JanusError) return error.code;
    throw error;
  }
}

/** A `Sequence` of one, so many times over. */
function nested(depth: number): unknown {
  let step: unknown = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false };
  for (let i = 0; i < depth; i += 1) step = { type: "Sequence", pretokenizers: [step] };
  return step;
}

it.each([
  ["no object", () => null],
  ["a list", () => [1]],
  ["no model", () => ({ ...valid, model: undefined })],
  ["another kind of model", () => ({ ...valid, model: { ...valid.model, type: "Unigram" } })],
  ["a vocabulary that is no object", () => ({ ...valid, model: { ...valid.model, vocab: 7 } })],
  ["merges that are numbers", () => ({ ...valid, model: { ...valid.model, merges: [1, 2] } })],
  ["a step that does not exist", () => ({ ...valid, pre_tokenizer: { type: "Shell" } })],
  [
    "a pattern that is none",
    () => ({
      ...valid,
      pre_tokenizer: { type: "Split", pattern: { Regex: "((" }, behavior: "Isolated", invert: false },
    }),
  ],
  ["steps in steps without end", () => ({ ...valid, pre_tokenizer: nested(100_000) })],
  [
    "an id that is a text",
    () => ({ ...valid, model: { ...valid.model, vocab: { ...valid.model.vocab, "!": "0" } } }),
  ],
  [
    "an id below zero",
    () => ({ ...valid, model: { ...valid.model, vocab: { ...valid.model.vocab, "!": -1 } } }),
  ],
  [
    "an id of half",
    () => ({ ...valid, model: { ...valid.model, vocab: { ...valid.model.vocab, "!": 0.5 } } }),
  ],
  [
    "a huge id",
    () => ({ ...valid, model: { ...valid.model, vocab: { ...valid.model.vocab, "!": 2 ** 40 } } }),
  ],
])("with %s is refused as invalid", (_, make) => {
  expect(codeOf(make())).toBe("EASEL_JANUS_TOKENIZER_INVALID");
});

it("without the four layout tokens is refused by their names", () => {
  const added_tokens = valid.added_tokens.filter(({ content }) => !/^<\|/.test(String(content)));
  const make = (): unknown => createTokenizer({ ...valid, added_tokens });
  expect(make).toThrow(expect.objectContaining({ code: "EASEL_JANUS_TOKEN_MISSING" }));
  expect(make).toThrow(/<\|box_start\|>.*<\|box_end\|>.*<\|obj_start\|>.*<\|obj_end\|>/);
});

it("without a token that Janus has is not said to lack layout tokens alone", () => {
  const added_tokens = valid.added_tokens.filter(({ content }) => content !== "<begin_of_image>");
  expect(() => createTokenizer({ ...valid, added_tokens })).toThrow(
    /no token "<begin_of_image>"\. It is no tokenizer of Janus-Pro/,
  );
});

it("that is not there is not said to be broken", async () => {
  await expect(loadTokenizer(join(folder, "nowhere"))).rejects.toThrow(
    /there is no .*nowhere\/tokenizer\.json\. Point to a folder/,
  );
});

it("cut anywhere is refused, and so is one too large to be one, unread", async () => {
  const path = join(folder, "tokenizer.json");
  for (const share of [0, 0.1, 0.5, 0.9, 0.999]) {
    await writeFile(path, text.slice(0, Math.floor(share * text.length)));
    await expect(loadTokenizer(folder)).rejects.toMatchObject({ code: "EASEL_JANUS_TOKENIZER_INVALID" });
  }
  await truncate(path, 10 * 2 ** 30);
  await expect(loadTokenizer(folder)).rejects.toMatchObject({ code: "EASEL_JANUS_TOKENIZER_INVALID" });
  await writeFile(path, text);
  await writeFile(join(folder, "processor_config.json"), '{"prompt_template": 5');
  await expect(loadTokenizer(folder)).rejects.toMatchObject({ code: "EASEL_JANUS_TOKENIZER_INVALID" });
});

it("with any value in any of its places is read or refused by name", () => {
  const place = fc.constantFrom(
    ["model"],
    ["model", "vocab"],
    ["model", "merges"],
    ["model", "merges", "0"],
    ["model", "type"],
    ["model", "unk_token"],
    ["model", "byte_fallback"],
    ["added_tokens"],
    ["added_tokens", "0"],
    ["added_tokens", "0", "id"],
    ["added_tokens", "0", "content"],
    ["pre_tokenizer"],
    ["pre_tokenizer", "pretokenizers"],
    ["pre_tokenizer", "pretokenizers", "0"],
    ["pre_tokenizer", "pretokenizers", "0", "pattern"],
    ["normalizer"],
    ["post_processor"],
    ["decoder"],
  );
  fc.assert(
    fc.property(place, fc.jsonValue({ maxDepth: 3 }), (path, value) => {
      const changed = structuredClone(valid) as Record<string, unknown>;
      let at: Record<string, unknown> = changed;
      for (const key of path.slice(0, -1)) at = Object(at[key]) as Record<string, unknown>;
      at[path.at(-1) ?? ""] = value;
      expect(codeOf(changed)).toMatch(/^(read|EASEL_JANUS_\w+)$/);
    }),
    { numRuns: 150 },
  );
});
