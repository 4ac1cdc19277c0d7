// File names as the benchmarks' scripts take them apart (BLIP_vqa.py, 2D_spatial_eval.py and the UniDet data set of
// T2I-CompBench; evaluate_images.py of GenEval), and the prompts that a layout must refuse.
import fc from "fast-check";
import { expect, it } from "vitest";
import { checkPrompts, placesOf, promptFile } from "./file-layout.js";
import { type GenerationPrompt, parsePromptList } from "./prompt-list.js";

const plain = (text: string): GenerationPrompt => ({ id: "0", text, line: null });

/** What those scripts read out of a file name, in their two ways of finding the number. */
function asCompBenchReads(name: string): { prompt: string; numbers: number[] } {
  const parts = name.split("_");
  const number = (part: string | undefined): number => Number(part?.split(".")[0]);
  return { prompt: parts[0] ?? "", numbers: [number(parts[1]), number(parts.at(-1))] };
}

const accepted = (text: string): boolean => {
  try {
    checkPrompts("t2i-compbench", [plain(text)], 10);
    return true;
  } catch {
    return false;
  }
};

it("gives every T2I-CompBench picture a name that its scripts read prompt and number from", () => {
  const prompt = fc.string({ unit: "binary", minLength: 1, maxLength: 40 }).filter(accepted);
  fc.assert(
    fc.property(prompt, fc.nat(400), fc.nat(9), (text, promptIndex, sampleIndex) => {
      const { image } = placesOf("t2i-compbench", plain(text), { promptIndex, sampleIndex }, 10);
      const [folder, name = "", ...more] = image.split("/");
      expect([folder, more]).toEqual(["samples", []]);
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
      const number = promptIndex * 10 + sampleIndex;
      expect(asCompBenchReads(name)).toEqual({ prompt: text, numbers: [number, number] });
    }),
  );
});

it("keeps a prompt with full stops, commas and quotes as it is", () => {
  const text = 'The red, "round" cup. It was on the left of the 3.5 inch book.';
  const { image } = placesOf("t2i-compbench", plain(text), { promptIndex: 3, sampleIndex: 1 }, 10);
  expect(image).toBe(`samples/${text}_000031.png`);
});

it.each([
  ["a red/green car", '"/"'],
  ["a snake_case sign", '"_"'],
  ["two\u0000halves", '"\\u0000"'],
  ["long ".repeat(60), "bytes of at most 255"],
  ["ü".repeat(130), "bytes of at most 255"],
])("refuses the T2I-CompBench prompt %j by name", (text, message) => {
  expect(() => checkPrompts("t2i-compbench", [plain("a car"), plain(text)], 10)).toThrowError(
    expect.objectContaining({
      code: "EASEL_CLI_PROMPTS",
      message: expect.stringMatching(/^prompt 2, /),
    }),
  );
  expect(() => checkPrompts("t2i-compbench", [plain(text)], 10)).toThrowError(message);
  expect(() => checkPrompts("plain", [plain(text)], 10)).not.toThrow();
});

it("lays out GenEval's folders: the line of the list, and pictures with only digits in their names", () => {
  const line =
    '{"tag": "colors", "include": [{"class": "car", "count": 1}], "prompt": "a photo of a red car"}';
  const [prompt] = parsePromptList(line, "evaluation_metadata.jsonl");
  expect(placesOf("geneval", prompt!, { promptIndex: 12, sampleIndex: 3 }, 4)).toEqual({
    image: "00012/samples/0003.png",
    plan: "easel/0012-3-plan.png",
    chain: "easel/0012-3.txt",
    record: "easel/0012-3.json",
  });
  expect(promptFile("geneval", prompt!, 12)).toEqual({
    path: "00012/metadata.jsonl",
    content: `${line}\n`,
  });
  expect(promptFile("plain", prompt!, 12)).toBeNull();
});

it("refuses prompts without GenEval's metadata in its layout", () => {
  const [untagged] = parsePromptList('{"prompt": "a car"}', "p.jsonl");
  for (const prompt of [plain("a car"), untagged!]) {
    expect(() => checkPrompts("geneval", [prompt], 4)).toThrowError(/evaluation_metadata\.jsonl/);
  }
});
