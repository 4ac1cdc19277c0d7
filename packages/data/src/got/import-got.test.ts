import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatObject } from "@easel/chain";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { collect } from "../collect.js";
import { NOTHING_HELD_OUT, readHeldOut } from "../prompts/held-out.js";
import { readSupervisedExamples } from "../records/record-lines.js";
import type { SupervisedExample } from "../records/supervised-example.js";
import { DEFAULT_GOT_FIELDS } from "./got-row.js";
import { type GotImport, type GotReport, importGot } from "./import-got.js";

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-got-"));
  out = join(folder, "examples.jsonl");
  await mkdir(join(folder, "pictures"));
  await copyFile(fixture("rgb.png"), join(folder, "pictures", "a.png"));
  await copyFile(fixture("baseline.jpg"), join(folder, "pictures", "b.jpg"));
});
afterEach(() => rm(folder, { recursive: true }));

const cup = formatObject("cup", { x1: 10, y1: 20, x2: 300, y2: 400 });
const good = { id: "1", prompt: "a cup", chain: `A ${cup} (red).`, image: "a.png" };

function options(inputs: readonly string[], more: Partial<GotImport> = {}): GotImport {
  return {
    inputs,
    out,
    source: "made",
    fields: DEFAULT_GOT_FIELDS,
    imageFolder: join(folder, "pictures"),
    imagePrefix: "",
    lookAtImages: true,
    heldOut: NOTHING_HELD_OUT,
    ...more,
  };
}

async function release(name: string, rows: readonly unknown[]): Promise<string> {
  const path = join(folder, name);
  const text = name.endsWith(".json")
    ? JSON.stringify(rows)
    : rows.map((row) => JSON.stringify(row)).join("\n");
  await writeFile(path, text);
  return path;
}

const examples = (): Promise<readonly SupervisedExample[]> => collect(readSupervisedExamples(out));
const drops = ({ dropped }: GotReport): Record<string, number> =>
  Object.fromEntries(Object.entries(dropped).map(([reason, { count }]) => [reason, count]));

test.each(["release.json", "release.jsonl"])(
  "rows of %s become examples, colour words gone",
  async (name) => {
    const report = await importGot(options([await release(name, [good])]));
    expect(await examples()).toEqual([
      {
        id: "made/1",
        prompt: "a cup",
        chain: `A ${cup}.`,
        image: "pictures/a.png",
        width: 40,
        height: 30,
        source: "made",
      },
    ]);
    expect(report).toMatchObject({
      read: 1,
      kept: 1,
      dropped: {},
      cleaned: { colourWords: 1, chainsWithColourWords: 1 },
    });
  },
);

test("rows of parquet under other names, with sizes in a field of a field", async () => {
  const fields = {
    ...DEFAULT_GOT_FIELDS,
    prompt: "caption",
    chain: "got",
    image: "img_path",
    width: "meta.width",
    height: "meta.height",
  };
  const report = await importGot(options([fixture("snappy.parquet")], { fields, lookAtImages: false }));
  const read = await examples();
  expect(drops(report)).toEqual({ "chain-missing": 3 });
  expect(read).toHaveLength(20);
  expect(read[4]).toMatchObject({
    prompt: "a cup, number 5 ✓",
    image: "pictures/2.png",
    width: 42,
    height: 30,
  });
  expect(read.every(({ chain }) => !chain.includes("(red)"))).toBe(true);
});

test("every row is kept or counted with its reason and place", async () => {
  const at = (box: string): string => `<|obj_start|>cup<|obj_end|> <|box_start|>${box}<|box_end|>`;
  const rows = [
    good,
    good,
    { ...good, id: "2" },
    { ...good, id: "3", prompt: "another cup" },
    { ...good, id: "4", prompt: "" },
    { ...good, id: "5", prompt: 7 },
    { ...good, id: "6", prompt: "<|obj_start|>" },
    { ...good, id: "7", chain: at("(3,4),(1,9)") },
    { ...good, id: "8", chain: at("(3,4),(1000,9)") },
    { ...good, id: "9", chain: "a cup" },
    { ...good, id: "10", chain: null },
    { ...good, id: "11", image: "../../secret.png" },
    { ...good, id: "12", image: "none.png" },
    { ...good, id: "13", width: 40, height: "x" },
    { ...good, id: "14", prompt: "a cup and saucer", width: 80, height: 60 },
    "a text",
    null,
  ];
  const report = await importGot(options([await release("release.jsonl", rows)]));
  expect(drops(report)).toEqual({
    "duplicate-id": 1,
    "duplicate-row": 1,
    "prompt-empty": 1,
    "prompt-not-text": 1,
    "prompt-with-markup": 1,
    "chain-corners-out-of-order": 1,
    "chain-out-of-range": 1,
    "chain-no-object": 1,
    "chain-missing": 1,
    "image-path-leaves-folder": 1,
    "image-no-such-file": 1,
    "size-not-whole-pixels": 1,
    "row-not-an-object": 2,
  });
  expect(report.dropped["image-no-such-file"]?.first).toEqual(["release.jsonl:13"]);
  expect((await examples()).map(({ id }) => id)).toEqual(["made/1", "made/3", "made/14"]);
  expect(report.cleaned.sizesCorrected).toBe(1);
});

test("read is kept plus dropped, whatever the rows", async () => {
  const value = fc.oneof(
    fc.constant(undefined),
    fc.string({ maxLength: 5 }),
    fc.constantFrom(good.chain, cup, "a.png", "b.jpg", "../a.png"),
    fc.jsonValue({ maxDepth: 1 }),
  );
  const row = fc.record({
    id: value,
    prompt: value,
    chain: value,
    image: value,
    width: value,
    height: value,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(row, fc.jsonValue({ maxDepth: 1 }))), async (rows) => {
      const report = await importGot(options([await release("release.json", [good, ...rows])]));
      const dropped = Object.values(report.dropped).reduce((sum, { count }) => sum + count, 0);
      expect(report.read).toBe(rows.length + 1);
      expect(report.kept + dropped).toBe(report.read);
      expect(await examples()).toHaveLength(report.kept);
    }),
    { numRuns: 20 },
  );
});

test("the same inputs give the same bytes, and the report says what was read and written", async () => {
  const inputs = [
    await release("one.jsonl", [good]),
    await release("two.json", [{ ...good, id: "2", image: "b.jpg" }]),
  ];
  await importGot(options(inputs));
  const files = [out, `${out}.report.json`];
  const first = await Promise.all(files.map((file) => readFile(file, "utf8")));
  await importGot(options(inputs));
  expect(await Promise.all(files.map((file) => readFile(file, "utf8")))).toEqual(first);
  const report = JSON.parse(first[1] ?? "") as GotReport;
  expect(report.inputs.map(({ format, rows }) => [format, rows])).toEqual([
    ["jsonl", 1],
    ["json", 1],
  ]);
  expect(report.inputs.every(({ sha256 }) => /^[0-9a-f]{64}$/.test(sha256))).toBe(true);
  expect(report.output).toMatchObject({ lines: 2, sizeBytes: Buffer.byteLength(first[0] ?? "") });
});

test("prompts of benchmarks are left out", async () => {
  const benchmark = join(folder, "spatial_val.txt");
  await writeFile(benchmark, "A photo of a CUP.\r\n");
  const input = await release("release.json", [good, { ...good, id: "2", prompt: "two cups" }]);
  const report = await importGot(options([input], { heldOut: await readHeldOut([benchmark]) }));
  expect(drops(report)).toEqual({ "held-out": 1 });
  expect((await examples()).map(({ prompt }) => prompt)).toEqual(["two cups"]);
});

test("paths of another machine are made the folder's own", async () => {
  const input = await release("release.json", [{ ...good, image: "/mnt/set/pictures/a.png" }]);
  await importGot(options([input], { imagePrefix: "/mnt/set/pictures" }));
  expect((await examples())[0]?.image).toBe("pictures/a.png");
});

test("an import that keeps nothing leaves what was there, and says why", async () => {
  await writeFile(out, "before");
  const none = await release("release.json", [{ ...good, image: "none.png" }]);
  await expect(importGot(options([none]))).rejects.toMatchObject({
    code: "EASEL_DATA_NOTHING_KEPT",
    message: expect.stringContaining("of 1 rows none is left (1 image-no-such-file)"),
  });
  const otherNames = await release("names.json", [{ caption: "a cup", reasoning: cup }]);
  await expect(importGot(options([otherNames]))).rejects.toThrow(
    /no row has a prompt in the field prompt.*the first row has caption, reasoning/,
  );
  const withOthers = await release("others.json", [null, { caption: "a cup", reasoning: cup }, 7]);
  await expect(importGot(options([withOthers]))).rejects.toThrow(/the first row has caption, reasoning/);
  await expect(importGot(options([await release("empty.json", [])]))).rejects.toThrow(
    /of 0 rows none is left/,
  );
  expect(await readFile(out, "utf8")).toBe("before");
  expect(
    (await readdir(folder)).filter((name) => name.includes("partial") || name.includes("report")),
  ).toEqual([]);
});

test("broken files stop the import with their name and leave nothing", async () => {
  for (const [name, text, code] of [
    ["cut.json", '[{"id": 1', "EASEL_DATA_BAD_JSON"],
    ["cut.jsonl", `${JSON.stringify(good)}\n{"id"`, "EASEL_DATA_BAD_RECORD"],
    ["broken.parquet", "PAR1", "EASEL_DATA_BAD_PARQUET"],
    ["release.csv", "id,prompt", "EASEL_DATA_FORMAT"],
  ] as const) {
    await writeFile(join(folder, name), text);
    await expect(importGot(options([join(folder, name)]))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(name),
    });
  }
  expect(await readdir(folder)).not.toContain("examples.jsonl");
});

test("pictures that the examples could not name are refused before anything is read", async () => {
  const elsewhere = join(dirname(folder), "elsewhere");
  await expect(importGot(options([], { imageFolder: elsewhere }))).rejects.toMatchObject({
    code: "EASEL_DATA_IMAGE_FOLDER",
  });
});
