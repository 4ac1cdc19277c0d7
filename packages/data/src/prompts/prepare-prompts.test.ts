import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { collect } from "../collect.js";
import { readRlPrompts } from "../records/record-lines.js";
import { canonicalText } from "./canonical-text.js";
import { NOTHING_HELD_OUT, readHeldOut } from "./held-out.js";
import { type MixSource, mixSources } from "./mix-declaration.js";
import { type PromptPreparation, type PromptReport, preparePrompts } from "./prepare-prompts.js";

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-prompts-"));
  out = join(folder, "prompts.jsonl");
});
afterEach(() => rm(folder, { recursive: true }));

async function list(name: string, lines: readonly string[]): Promise<string> {
  await writeFile(join(folder, name), lines.map((line) => `${line}\r\n`).join(""));
  return join(folder, name);
}

const numbered = (what: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${what} number ${index}`);

function source(name: string, share: number, file: string): MixSource {
  return { name, share, lists: [{ file, field: "prompt", skill: null }] };
}

function prepare(
  sources: readonly MixSource[],
  more: Partial<PromptPreparation> = {},
): Promise<PromptReport> {
  return preparePrompts({
    sources,
    heldOut: NOTHING_HELD_OUT,
    out,
    seed: 1,
    dev: 0,
    maxCharacters: 1000,
    ...more,
  });
}

const texts = async (file: string): Promise<readonly string[]> =>
  (await collect(readRlPrompts(file))).map(({ prompt }) => prompt);

test("a mix has its declared shares, each prompt once, dev apart", async () => {
  const sources = [
    source("cups", 0.6, await list("cups.txt", numbered("cup", 200))),
    source("cars", 0.4, await list("cars.txt", numbered("car", 100))),
  ];
  const report = await prepare(sources, { dev: 50 });
  expect(report.sources.map(({ train, dev }) => [train, dev])).toEqual([
    [120, 30],
    [80, 20],
  ]);
  const train = await texts(out);
  const dev = await texts(join(folder, "prompts.dev.jsonl"));
  expect(new Set([...train, ...dev]).size).toBe(250);
  const start = train.slice(0, 50).filter((text) => text.startsWith("car")).length;
  expect(start).toBeGreaterThan(10);
  expect(start).toBeLessThan(30);
});

test("the same lists and seed give the same bytes; the order in a list and a larger total change no choice", async () => {
  const lines = numbered("cup", 80);
  const forwards = [source("cups", 1, await list("cups.txt", lines))];
  await prepare(forwards, { total: 20 });
  const first = await readFile(out, "utf8");
  const report = await readFile(`${out}.report.json`, "utf8");
  await prepare(forwards, { total: 20 });
  expect(await readFile(out, "utf8")).toBe(first);
  expect(await readFile(`${out}.report.json`, "utf8")).toBe(report);
  const small = await texts(out);
  await list("cups.txt", [...lines].reverse());
  await prepare(forwards, { total: 20 });
  expect(await readFile(out, "utf8")).toBe(first);
  await prepare(forwards, { total: 50 });
  expect(await texts(out)).toEqual(expect.arrayContaining([...small]));
  await prepare(forwards, { total: 20, seed: 2 });
  expect(await texts(out)).not.toEqual(small);
});

test("no prompt of a benchmark, said in whatever way, is in train or dev, and each one read is accounted for", async () => {
  const heldOut = ["a red car", "A photo of two dogs", "the cat's bowl"];
  const line = fc.oneof(
    fc.constantFrom(
      "A RED car.",
      "two dogs",
      "a photo of the cats bowl",
      "",
      "<|box_end|>",
      "x".repeat(1001),
    ),
    fc.integer({ min: 0, max: 12 }).map((number) => `thing ${number}`),
    fc.integer({ min: 0, max: 12 }).map((number) => `Thing  ${number}!`),
  );
  const lines = fc.array(line, { maxLength: 40 });
  await mkdir(join(folder, "benchmarks"));
  await list("benchmarks/color_val.txt", heldOut.slice(0, 1));
  await writeFile(
    join(folder, "benchmarks", "evaluation_metadata.jsonl"),
    heldOut
      .slice(1)
      .map((prompt) => JSON.stringify({ tag: "x", prompt }))
      .join("\n"),
  );
  const benchmarks = await readHeldOut([join(folder, "benchmarks")]);
  await fc.assert(
    fc.asyncProperty(lines, lines, fc.nat({ max: 4 }), async (one, two, dev) => {
      const sources = [
        source("one", 0.5, await list("one.txt", [...one, ...numbered("own", 4)])),
        source("two", 0.5, await list("two.txt", [...two, ...numbered("other", 4)])),
      ];
      const report = await prepare(sources, { heldOut: benchmarks, dev });
      const devFile = join(folder, "prompts.dev.jsonl");
      const all = [...(await texts(out)), ...(dev > 0 ? await texts(devFile) : [])].map(canonicalText);
      expect(new Set(all).size).toBe(all.length);
      for (const text of heldOut) expect(all).not.toContain(canonicalText(text));
      for (const { read, available, train, dev: set, dropped } of report.sources) {
        expect(Object.values(dropped).reduce((sum, { count }) => sum + count, available)).toBe(read);
        expect(train + set).toBeLessThanOrEqual(available);
      }
    }),
    { numRuns: 20 },
  );
});

test("reasons and benchmarks' hits are counted, and a repeated prompt belongs to the first source", async () => {
  const benchmark = await list("shape_val.txt", ["a big cup", "a small cup"]);
  const sources = [
    source("one", 0.5, await list("one.txt", ["", "a cup", "A cup!", "a big cup", ...numbered("one", 3)])),
    source("two", 0.5, await list("two.txt", ["a cup", "a BIG cup", ...numbered("two", 3)])),
  ];
  const report = await prepare(sources, { heldOut: await readHeldOut([benchmark]) });
  const counts = report.sources.map(({ dropped }) =>
    Object.fromEntries(
      Object.entries(dropped).map(([reason, { count, first }]) => [reason, [count, first[0]]]),
    ),
  );
  expect(counts).toEqual([
    { duplicate: [1, "one.txt:3"], empty: [1, "one.txt:1"], "held-out": [1, "one.txt:4"] },
    { "duplicate-of-one": [1, "two.txt:1"], "held-out": [1, "two.txt:2"] },
  ]);
  expect(report.heldOut).toMatchObject([{ prompts: 2, keptOut: 2 }]);
});

test("lists of rows with a field, and T2I-CompBench's folder with a skill for each list", async () => {
  await mkdir(join(folder, "bench"));
  await list("bench/color_train.txt", numbered("green", 3));
  await list("bench/spatial_train.txt", numbered("left", 3));
  await writeFile(join(folder, "laion.jsonl"), '{"caption": "a tall tree"}\n{"caption": 3}\n{"text": "x"}\n');
  await writeFile(join(folder, "more.json"), '["a wide sea", {"caption": "a low hill"}]');
  const sources = mixSources(
    {
      sources: {
        bench: { share: 0.5, compbench: "bench", categories: ["color", "spatial"] },
        laion: { share: 0.5, files: ["laion.jsonl", "more.json"], field: "caption", skill: "free" },
      },
    },
    join(folder, "mix.yaml"),
  );
  const report = await prepare(sources);
  expect(report.total).toBe(6);
  expect(Object.keys(report.sources[1]?.dropped ?? {})).toEqual(["prompt-missing", "prompt-not-text"]);
  const records = await collect(readRlPrompts(out));
  expect(new Set(records.map(({ source: of, skill }) => `${of} ${skill}`))).toEqual(
    new Set(["bench color", "bench spatial", "laion free"]),
  );
});

describe("what cannot be meant is refused", () => {
  test("a benchmark's list as a source", async () => {
    for (const name of ["color_val.txt", "spatial_val_seen.txt", "evaluation_metadata.jsonl"]) {
      await expect(prepare([source("one", 1, await list(name, ["a cup"]))])).rejects.toMatchObject({
        code: "EASEL_DATA_BENCHMARK",
        message: expect.stringContaining(name),
      });
    }
    expect(await readdir(folder)).not.toContain("prompts.jsonl");
  });

  test("a benchmark that holds no prompts, or rows without one", async () => {
    const empty = await list("color_val.txt", ["", " "]);
    await expect(readHeldOut([empty])).rejects.toThrow(/color_val\.txt holds no prompt/);
    await writeFile(join(folder, "metadata.jsonl"), '{"prompt": "a"}\n{"text": "b"}\n');
    await expect(readHeldOut([join(folder, "metadata.jsonl")])).rejects.toThrow(
      /metadata\.jsonl:2: no prompt.*text/,
    );
    await mkdir(join(folder, "nothing"));
    await expect(readHeldOut([join(folder, "nothing")])).rejects.toThrow(/holds no list named like/);
    await expect(readHeldOut([join(folder, "absent")])).rejects.toMatchObject({
      code: "EASEL_DATA_UNREADABLE",
    });
  });

  test("more than the sources have", async () => {
    const sources = [
      source("one", 0.9, await list("one.txt", numbered("cup", 20))),
      source("two", 0.1, await list("two.txt", numbered("car", 20))),
    ];
    await expect(prepare(sources, { total: 23 })).rejects.toMatchObject({
      code: "EASEL_DATA_MIX",
      message: expect.stringMatching(/one 20, two 20 usable prompts.*at most 22 /),
    });
    await expect(prepare(sources, { dev: 30 })).rejects.toMatchObject({ code: "EASEL_DATA_MIX" });
    expect((await prepare(sources)).total).toBe(22);
  });

  test("an empty list, or a field that no row has", async () => {
    await expect(prepare([source("one", 1, await list("one.txt", []))])).rejects.toThrow(
      /one\.txt.*it is empty/,
    );
    await writeFile(join(folder, "rows.jsonl"), '{"text": "a"}\n');
    await expect(prepare([source("one", 1, join(folder, "rows.jsonl"))])).rejects.toThrow(
      /no row has text in the field prompt; the last one has text/,
    );
  });

  test.each<[string, unknown, RegExp]>([
    ["shares that do not add up", { a: { share: 0.5, files: ["x.txt"] } }, /add up to 0\.5/],
    ["a share of nothing", { a: { share: 0, files: ["x.txt"] } }, /sources\.a\.share/],
    ["a mistyped key", { a: { share: 1, file: "x.txt" } }, /sources\.a/],
    ["a name with spaces", { "a b": { share: 1, files: ["x.txt"] } }, /sources\.a b/],
    ["no sources", {}, /add up to 0/],
    ["a list", [], /sources/],
  ])("%s", (_name, sources, message) => {
    expect(() => mixSources({ sources }, "mix.yaml")).toThrow(message);
  });
});
