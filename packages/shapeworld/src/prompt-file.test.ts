// A file of prompts gives what is in it, or one message with file and line.
import fc from "fast-check";
import { expect, test } from "vitest";
import { ShapeworldError } from "./errors.js";
import { parsePromptFile } from "./prompt-file.js";
import { promptSet } from "./prompt-set.js";
import type { PromptSpec } from "./prompt-spec.js";

const [first, second] = promptSet("train", 2, 7) as [PromptSpec, PromptSpec];
const lines = (...values: unknown[]): string => values.map((value) => JSON.stringify(value)).join("\n");

function refusal(text: string): ShapeworldError {
  try {
    parsePromptFile(text, "my.jsonl");
  } catch (error) {
    expect(error).toBeInstanceOf(ShapeworldError);
    return error as ShapeworldError;
  }
  throw new Error("was not refused");
}

test("drawn prompts go through a file unchanged, with or without what follows from the rest", () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.integer({ min: 1, max: 12 }), fc.boolean(), (seed, count, bare) => {
      const prompts = promptSet("train", count, seed);
      const written = bare
        ? prompts.map(({ category, text, objects, relations }) => ({ category, text, objects, relations }))
        : prompts;
      expect(parsePromptFile(lines(...written), "f")).toEqual(prompts);
      expect(parsePromptFile(`\uFEFF\r\n${lines(...written)}\r\n\n`, "f")).toEqual(prompts);
    }),
    { numRuns: 30 },
  );
});

test.each([
  ["nothing", "", /^my\.jsonl is empty/],
  ["blank lines", " \n\n\t\n", /^my\.jsonl is empty/],
  ["a line that is cut off", `${lines(first)}\n{"category": "spa`, /^my\.jsonl:2 is not JSON/],
  ["a text in the place of a prompt", `"a red circle"`, /^my\.jsonl:1 is not a prompt .*text or key/],
  ["a list", "[]", /^my\.jsonl:1 is not a prompt .*not an object/],
  ["an unknown colour", `\n${lines({ ...first, objects: [{ colour: "pink" }] })}`, /^my\.jsonl:2 .*object 0/],
  ["an empty text", lines({ ...first, text: " " }), /^my\.jsonl:1 .*text is empty/],
  ["a key of other objects", lines(first, { ...second, key: first.key }), /^my\.jsonl:2 has the key/],
  ["a wrong split", lines({ ...first, split: "dev" }), /^my\.jsonl:1 says split dev/],
])("%s is refused by its line", (_what, text, message) => {
  const error = refusal(text);
  expect(error.code).toBe("EASEL_SHAPEWORLD_PROMPT_FILE");
  expect(error.message).toMatch(message);
});

test("prompts of dev and test are refused by name, also when the file does not say what they are", () => {
  const held = [...promptSet("dev", 3, 1), ...promptSet("test", 2, 1)].map(
    ({ split: _split, key: _key, ...rest }) => rest,
  );
  const error = refusal(lines(first, ...held));
  expect(error.code).toBe("EASEL_SHAPEWORLD_HELD_OUT_PROMPT");
  expect(error.message).toContain("5 of 6 prompts");
  expect(error.message).toContain(`line 2 (dev): "${held[0]?.text}"`);
  expect(error.message).toContain("and 2 more");
});
