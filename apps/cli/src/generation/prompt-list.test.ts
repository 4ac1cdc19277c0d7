// Lists of prompts: plain lines as T2I-CompBench's, JSON lines as GenEval's and ours, and what is wrong with a list.
import fc from "fast-check";
import { expect, it } from "vitest";
import { parsePromptList } from "./prompt-list.js";

const texts = (content: string): string[] => parsePromptList(content, "list.txt").map(({ text }) => text);

it("reads plain lines with either line end, a byte order mark, and a last line without one", () => {
  expect(texts("\uFEFFa red car\r\na blue car\r\nan oval clock")).toEqual([
    "a red car",
    "a blue car",
    "an oval clock",
  ]);
  expect(texts("a red car\n\n\n")).toEqual(["a red car"]);
});

it("takes a plain line up to its tab, as T2I-CompBench's scripts do", () => {
  expect(texts("a red car\tcolor\nb\n")).toEqual(["a red car", "b"]);
});

it("gives back any plain lines", () => {
  const words = fc.stringMatching(/^[a-z"'(),.]+( [a-z"'(),.]+)*$/).filter((text) => !text.startsWith("{"));
  fc.assert(
    fc.property(fc.array(words, { minLength: 1 }), (lines) => {
      const prompts = parsePromptList(`${lines.join("\n")}\n`, "list.txt");
      expect(prompts.map(({ text }) => text)).toEqual(lines);
      expect(new Set(prompts.map(({ id }) => id)).size).toBe(lines.length);
    }),
  );
});

it("reads RL prompts with ids, and GenEval's metadata with the line as it is", () => {
  const own = '{"id": "s-1", "prompt": "a dog left of a cat", "source": "set", "skill": "spatial"}';
  expect(parsePromptList(own, "p.jsonl")).toEqual([
    { id: "s-1", text: "a dog left of a cat", skill: "spatial", line: own },
  ]);
  const theirs =
    '{"tag": "single_object", "include": [{"class": "bench", "count": 1}], "prompt": "a photo of a bench"}';
  expect(parsePromptList(`${theirs}\n`, "evaluation_metadata.jsonl")).toEqual([
    { id: "0", text: "a photo of a bench", skill: "single_object", line: theirs },
  ]);
});

it.each([
  ["", "list.txt holds no prompt"],
  ["\n \n", "list.txt holds no prompt"],
  ["a\n\nb\n", "list.txt:2: the line holds no prompt"],
  ["\ttab first\n", "list.txt:1: the line holds no prompt"],
  ['{"prompt": "a"}\nplain\n', "list.txt:2: the line is not JSON"],
  ['{"prompt": "a"}\n{"caption": "b"}', 'list.txt:2: the line has no "prompt"'],
  ['{"prompt": "a"}\n{"prompt": "  "}', 'list.txt:2: the line has no "prompt"'],
  ['{"prompt": "a"}\n[]', 'list.txt:2: the line has no "prompt"'],
  ['{"id":"x","prompt":"a"}\n{"id":"y","prompt":"b"}\n{"id":"x","prompt":"c"}', 'id "x" is that of line 1'],
])("refuses %j", (content, message) => {
  expect(() => parsePromptList(content, "list.txt")).toThrowError(
    expect.objectContaining({ code: "EASEL_CLI_PROMPTS", message: expect.stringContaining(message) }),
  );
});
