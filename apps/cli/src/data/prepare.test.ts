// The command as a user runs it: the built program in a process of its own, on small made inputs.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readRlPrompts, readSupervisedExamples } from "@easel/data";
import { blankImage, encodePng } from "@easel/shapeworld";
import { afterEach, beforeEach, expect, test } from "vitest";

const program = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-prepare-"));
});
afterEach(() => rm(folder, { recursive: true }));

type Ended = { readonly status: number; readonly out: string; readonly err: string };

function easel(...given: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, "data", "prepare", ...given], { cwd: folder }, (error, out, err) => {
      resolve({ status: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

test("got: a release becomes examples with a report", {
  timeout: 120_000,
}, async () => {
  await mkdir(join(folder, "set", "images"), { recursive: true });
  await writeFile(join(folder, "set", "images", "1.png"), encodePng(blankImage(20, 12)));
  const chain = (corners: string): string =>
    `A <|obj_start|>cup<|obj_end|> <|box_start|>${corners}<|box_end|> (dark red) on a table.<begin_of_image>`;
  const rows = [
    { caption: "a cup", got: chain("(1,2),(30,40)"), file: "/data/images/1.png" },
    { caption: "a cup!", got: chain("(50,2),(30,40)"), file: "/data/images/1.png" },
    { caption: "a mug", got: chain("(1,2),(30,40)"), file: "/data/images/2.png" },
  ];
  await writeFile(join(folder, "release.json"), JSON.stringify(rows));
  const names = ["prompt=caption", "chain=got", "image=file"].flatMap((name) => ["--field", name]);
  const given = ["got", "release.json", "--source", "made", "--out", "set/examples.jsonl", ...names];
  const where = ["--images", "set/images", "--image-prefix", "/data/images/"];
  const first = await easel(...given, ...where);
  expect(first).toMatchObject({ status: 0, err: "" });
  expect(first.out).toContain("3 rows read, 1 kept, 2 left out");
  expect(first.out).toMatch(/1 {2}chain-corners-out-of-order, e\.g\. release\.json:2/);
  expect(first.out).toMatch(/1 {2}image-no-such-file, e\.g\. release\.json:3/);
  expect(first.out).toContain("1 colour words removed after boxes in 1 chains");
  const out = join(folder, "set", "examples.jsonl");
  for await (const example of readSupervisedExamples(out)) {
    expect(example).toEqual({
      id: "made/1",
      prompt: "a cup",
      chain: "A <|obj_start|>cup<|obj_end|> <|box_start|>(1,2),(30,40)<|box_end|> on a table.",
      image: "images/1.png",
      width: 20,
      height: 12,
      source: "made",
    });
  }
  const report = JSON.parse(await readFile(`${out}.report.json`, "utf8"));
  expect(report).toMatchObject({
    read: 3,
    kept: 1,
    inputs: [{ file: "release.json", format: "json", rows: 3 }],
  });
});

test("prompts: a declared mix without a benchmark's prompts, and never without saying so", {
  timeout: 120_000,
}, async () => {
  await mkdir(join(folder, "bench"));
  await writeFile(
    join(folder, "bench", "color_train.txt"),
    "a red cup\r\na blue cup\r\na green cup\r\nA RED CUP\r\n",
  );
  await writeFile(join(folder, "bench", "color_val.txt"), "a green cup\r\n");
  await writeFile(join(folder, "captions.txt"), "a tall tree\na wide sea\n");
  await writeFile(
    join(folder, "mix.yaml"),
    [
      "sources:",
      "  bench: { share: 0.5, compbench: bench, categories: [color] }",
      "  captions: { share: 0.5, files: [captions.txt] }",
    ].join("\n"),
  );
  const given = ["prompts", "--mix", "mix.yaml", "--out", "prompts.jsonl"];
  const unsaid = await easel(...given);
  expect(unsaid.status).toBe(1);
  expect(unsaid.err).toMatch(/--held-out.*\n.*EASEL_CLI_OPTION/);
  expect(await readdir(folder)).not.toContain("prompts.jsonl");

  const made = await easel(...given, "--held-out", "bench");
  expect(made).toMatchObject({ status: 0, err: "" });
  expect(made.out).toContain("bench: 2 train of 2 usable (4 read); share 50.0 %, declared 50.0 %");
  expect(made.out).toMatch(/held out bench.color_val\.txt: 1 prompts, 1 met in the lists/);
  const prompts: string[] = [];
  for await (const { prompt } of readRlPrompts(join(folder, "prompts.jsonl"))) prompts.push(prompt);
  expect(prompts.sort()).toEqual(["a blue cup", "a red cup", "a tall tree", "a wide sea"]);
});

test("a broken file ends the command with the file, the fix and the code", { timeout: 120_000 }, async () => {
  await writeFile(join(folder, "release.parquet"), "PAR1 nothing else");
  const ended = await easel("got", "release.parquet", "--source", "made", "--out", "examples.jsonl");
  expect(ended.status).toBe(1);
  expect(ended.err).toMatch(
    /^error: release\.parquet cannot be read as parquet: .*\n {7}\(EASEL_DATA_BAD_PARQUET\)\n$/,
  );
  expect(await readdir(folder)).toEqual(["release.parquet"]);
});
