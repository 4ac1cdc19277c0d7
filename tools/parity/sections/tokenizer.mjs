// Section "tokenizer": every listed string, id list, caption and piece, for both forms of the tokenizer file. All exact.

import { createTokenizer, gotPromptTemplate, renderPrompt } from "@easel/janus";
import { portableDefinition } from "@easel/janus/pieces";
import { Tokenizer } from "@huggingface/tokenizers";
import { compareEqual } from "../difference.mjs";

/** Names of the ids in expected.json, and the roles they have here. */
const roles = {
  bos_id: "begin",
  eos_id: "end",
  pad_id: "pad",
  boi_id: "beginImage",
  eoi_id: "endImage",
  box_start_id: "boxStart",
  box_end_id: "boxEnd",
  obj_start_id: "objectStart",
  obj_end_id: "objectEnd",
};

/** The two forms of the file, by how they write merges. */
const forms = { "tokenizer.json": "pairs", "tokenizer_string_merges.json": "strings" };

const shown = (text) => JSON.stringify(text);

/** The cases of each quantity, from the listed expectations. */
function quantitiesOf(tokenizer, library, listed) {
  const { encode, decode_only, prompts, pre_tokenizer_only } = listed;
  const without = Array.from(
    { length: listed.embedding_rows - listed.vocab_entries },
    (_, i) => listed.vocab_entries + i,
  );
  return {
    [`ids of ${encode.length} strings, with and without BOS`]: encode.map(({ text, ids, ids_with_bos }) => ({
      of: shown(text),
      actual: [tokenizer.encode(text), tokenizer.encode(text, { begin: true })],
      expected: [ids, ids_with_bos],
    })),
    [`tokens of ${encode.length} strings, rows without a token`]: [
      ...encode.map(({ text, ids, tokens }) => ({
        of: shown(text),
        actual: ids.map((id) => tokenizer.token(id)),
        expected: tokens,
      })),
      { of: "number of tokens", actual: tokenizer.size, expected: listed.vocab_entries },
      {
        of: "rows without a token",
        actual: without.filter((id) => tokenizer.token(id) === undefined),
        expected: without,
      },
    ],
    [`texts of ${encode.length + decode_only.length} id lists, both ways of decoding`]: [
      ...encode,
      ...decode_only,
    ].map(({ ids, decoded, decoded_skip_special }) => ({
      of: `[${ids}]`,
      actual: [tokenizer.decode(ids), tokenizer.decode(ids, { skipSpecial: true })],
      expected: [decoded, decoded_skip_special],
    })),
    [`${prompts.length} captions rendered and encoded`]: prompts.map(
      ({ caption, rendered, ids_with_bos }) => ({
        of: shown(caption),
        actual: [renderPrompt(gotPromptTemplate, caption), tokenizer.encodePrompt(caption)],
        expected: [rendered, ids_with_bos],
      }),
    ),
    "pieces of the pre-tokenizer": [
      ...pre_tokenizer_only,
      ...encode.filter(({ pieces }) => pieces !== undefined),
    ].map(({ text, pieces }) => ({
      of: shown(text),
      actual: text === "" ? [] : library.pre_tokenizer?.(text),
      expected: pieces,
    })),
  };
}

export const tokenizer = {
  name: "tokenizer",
  about: "strings to ids and back, prompts, pieces, for both forms of the file",
  reads: [],
  async run({ reference, report, constant }) {
    const listed = await reference.json("tokenizer/expected.json");
    for (const [file, form] of Object.entries(forms)) {
      const definition = await reference.json(`tokenizer/${file}`);
      const made = createTokenizer(definition);
      const library = new Tokenizer(portableDefinition(definition), {});
      for (const [quantity, cases] of Object.entries(quantitiesOf(made, library, listed))) {
        await report.quantity("tokenizer", `${quantity} (${form})`, compareEqual(file, cases));
      }
      await report.quantity("tokenizer", `ids of the named tokens (${form})`, () =>
        compareEqual(
          file,
          Object.entries(roles).map(([key, role]) => ({
            of: role,
            actual: made.ids[role],
            expected: constant(key),
          })),
        ),
      );
    }
  },
};
