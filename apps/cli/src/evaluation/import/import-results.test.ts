// `easel eval import`: small files of the form that the benchmarks' scripts write, what comes out of them, how their
// category is found, and what is refused.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { compBenchCategories } from "./compbench-categories.js";
import { genEvalTasks } from "./geneval-results.js";
import { publishedResults } from "./published-rows.js";
import { runImport } from "./run-import.js";

let folder: string;
let printed: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-import-"));
  printed = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation(() => true);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

async function put(path: string, content: unknown): Promise<string> {
  const full = join(folder, path);
  await mkdir(dirname(full), { recursive: true });
  await writeFile(full, typeof content === "string" ? content : JSON.stringify(content));
  return full;
}

/** As `pandas.DataFrame.to_json(orient="records", lines=True)` writes them, `/` escaped. */
function genEvalFile(right: Readonly<Record<string, readonly (readonly boolean[])[]>>): string {
  const lines = Object.entries(right).flatMap(([tag, prompts]) =>
    prompts.flatMap((samples, prompt) =>
      samples.map((correct, sample) =>
        JSON.stringify({
          filename: `out/${tag}${prompt}/samples/000${sample}.png`,
          tag,
          prompt: `${tag} ${prompt}`,
          correct,
          reason: correct ? "" : "expected bench>=1, found 0",
          metadata: JSON.stringify({ tag, include: [], prompt: `${tag} ${prompt}` }),
          details: "{}",
        }).replaceAll("/", "\\/"),
      ),
    ),
  );
  return `${lines.join("\n")}\n`;
}

/** `question_id` and `answer` as BLIP_vqa.py writes them: numbers as text. */
const answers = (scores: readonly number[]) =>
  scores.map((score, n) => ({ question_id: n, answer: score.toFixed(4) }));

/** Through `--json`, which is written before the table is printed: the table's reader may end the process. */
async function scores(files: readonly string[], perPrompt?: number) {
  const json = join(folder, "numbers.json");
  await runImport(files, { json, ...(perPrompt === undefined ? {} : { perPrompt }) });
  const read = JSON.parse(await readFile(json, "utf8")) as {
    scores: { category: string; mean: number; interval: { low: number; high: number } | null }[];
  };
  return read.scores;
}

const cells = (line: string | undefined): string[] => (line ?? "").trim().split(/ {2,}/);
const lineOf = (start: string): string[] =>
  cells(printed.split("\n").find((line) => line.trim().startsWith(start)));

describe("GenEval", () => {
  const six = Object.fromEntries(
    genEvalTasks.map((task, n) => [
      task,
      Array.from({ length: 4 }, (_, p) => Array.from({ length: 4 }, (_u, s) => p * 4 + s < n * 3)),
    ]),
  );

  it("gives what summary_scores.py gives: shares by task, and their mean", async () => {
    const all = await scores([await put("results.jsonl", genEvalFile(six))]);
    const by = Object.fromEntries(all.map(({ category, mean }) => [category, mean]));
    genEvalTasks.forEach((task, n) => {
      expect(by[task]).toBeCloseTo((n * 3) / 16, 12);
    });
    expect(by.overall).toBeCloseTo((0 + 3 + 6 + 9 + 12 + 15) / 16 / 6, 12);
    for (const { mean, interval } of all) {
      expect(interval!.low).toBeLessThanOrEqual(mean);
      expect(interval!.high).toBeGreaterThanOrEqual(mean);
    }
  });

  it("prints them above the published rows, with pictures and prompts", async () => {
    await runImport([await put("results.jsonl", genEvalFile(six))], {});
    expect(lineOf("GenEval")).toEqual(["GenEval", "overall", ...genEvalTasks]);
    expect(lineOf("imported").slice(0, 3)).toEqual(["imported", ".4688", ".0000"]);
    expect(lineOf("pictures")).toEqual(["pictures", "96", ...new Array(6).fill("16")]);
    expect(lineOf("prompts")).toEqual(["prompts", "24", ...new Array(6).fill("4")]);
    expect(lineOf("GoT-R1-7B")).toEqual([
      "GoT-R1-7B (1)",
      ".7500",
      ".9900",
      ".9400",
      ".5000",
      ".9000",
      ".4600",
      ".6800",
    ]);
    expect(printed).toContain("(1) GoT-R1, arXiv 2505.17022");
  });

  it("has no overall score while a task is missing", async () => {
    const { single_object, counting } = six;
    const file = genEvalFile({ single_object: single_object!, counting: counting! });
    const all = await scores([await put("some.jsonl", file)]);
    expect(all.map(({ category }) => category)).toEqual(["single_object", "counting"]);
    expect(lineOf("imported")[1]).toBe("–");
  });

  it("finds results.jsonl in a folder", async () => {
    await put("geneval/results.jsonl", genEvalFile(six));
    expect(await scores([join(folder, "geneval")])).toHaveLength(7);
  });

  it("never gives an interval that leaves its mean outside", async () => {
    const prompt = fc.array(fc.boolean(), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(prompt, { minLength: 2, maxLength: 12 }), async (prompts) => {
        const one = { colors: prompts.map((samples) => [...samples, ...samples, ...samples].slice(0, 3)) };
        const [score] = await scores([await put("results.jsonl", genEvalFile(one))]);
        const flat = one.colors.flat();
        expect(score!.mean).toBeCloseTo(flat.filter(Boolean).length / flat.length, 12);
        expect(score!.interval!.low).toBeLessThanOrEqual(score!.mean + 1e-12);
        expect(score!.interval!.high).toBeGreaterThanOrEqual(score!.mean - 1e-12);
      }),
      { numRuns: 20 },
    );
  });
});

describe("T2I-CompBench", () => {
  /** Ten pictures a prompt; all of a prompt alike, so that only prompts vary. */
  const clustered = Array.from({ length: 40 }, (_, n) => [0.2, 0.4, 0.6, 0.9][Math.floor(n / 10)]!);

  it("reads every script's own place, with the category from the list that generation.json names", async () => {
    for (const [category, { folder: place }] of Object.entries(compBenchCategories)) {
      const list = `${category}_val.txt`;
      await put(`${category}-out/generation.json`, {
        settings: { number: 10, layout: "t2i-compbench" },
        about: { promptsFile: list },
      });
      await put(`${category}-out/${place}/vqa_result.json`, answers(clustered));
    }
    const names = Object.keys(compBenchCategories);
    const all = await scores(names.map((name) => join(folder, `${name}-out`)));
    expect(all.map(({ category }) => category)).toEqual(names);
    expect(lineOf("T2I-CompBench")).toEqual(["T2I-CompBench", ...names]);
    expect(lineOf("imported")).toEqual(["imported", ...names.map(() => ".5250")]);
    expect(lineOf("pictures")).toEqual(["pictures", ...names.map(() => "40")]);
    expect(lineOf("prompts")).toEqual(["prompts", ...names.map(() => "4")]);
    expect(lineOf("GoT-R1-1B")).toEqual([
      "GoT-R1-1B (1)",
      ".7632",
      ".5174",
      ".6589",
      ".2674",
      ".3101",
      ".3749",
      "–",
      "–",
    ]);
  });

  it("takes the category from the folder's name, or from the command line", async () => {
    const shape = await put("runs/shape_val/annotation_blip/vqa_result.json", answers(clustered));
    const moved = await put("somewhere.json", answers(clustered));
    const all = await scores([shape, `texture=${moved}`]);
    expect(all.map(({ category }) => category)).toEqual(["shape", "texture"]);
  });

  it("resamples prompts, not pictures: ten copies of a picture do not narrow the interval", async () => {
    const ten = await put("a.json", answers(clustered));
    const [wide] = await scores([`color=${ten}`]);
    const [narrow] = await scores([`color=${ten}`], 1);
    const width = ({ interval }: NonNullable<typeof wide>): number => interval!.high - interval!.low;
    expect(width(wide!)).toBeGreaterThan(2 * width(narrow!));
  });

  it.each([
    ["blip_vqa_score.txt", "BLIP-VQA score:0.4321", ".4321"],
    ["avg_score.txt", "score avg:0.2674", ".2674"],
    ["avg_result.txt", "avg score is 0.3", ".3000"],
    ["score.txt", "total:150.5 num:301 avg:0.5", ".5000"],
  ])("reads the mean alone of %s, without an interval", async (name, content, shown) => {
    const [score] = await scores([`spatial=${await put(name, content)}`]);
    expect(score).toMatchObject({ category: "spatial", interval: null });
    expect(lineOf("imported")[4]).toBe(shown);
    expect(lineOf("95 % over prompts")[4]).toBe("–");
  });
});

describe("what is refused, by name", () => {
  const good = answers([0.1, 0.2]);

  it.each<[string, string, unknown, string]>([
    ["notes.txt", "", "hello", "this is no result file that is known"],
    ["image.png", "", "\u0089PNG", "GenEval writes results.jsonl"],
    ["vqa_result.json", "", good, "nothing says which category"],
    ["a/color/annotation3_blip/VQA/result/vqa_result.json", "", good, "the answer to one noun phrase"],
    ["complex_val/annotation_blip/vqa_result.json", "", good, "complex is measured by 3-in-1"],
    ["x/vqa_result.json", "color=", "[]", "no answers"],
    ["x/vqa_result.json", "color=", '[{"question_id": 0, "ans', "not JSON"],
    ["x/vqa_result.json", "color=", [{ question_id: 0 }], "entry 1 has no question_id and answer"],
    ["x/vqa_result.json", "color=", [{ question_id: 0, answer: "" }], "entry 1"],
    ["x/vqa_result.json", "color=", [{ question_id: 0, answer: "NaN" }], "the answer to 0 is NaN"],
    ["x/vqa_result.json", "color=", [{ question_id: 0, answer: 87 }], "the answer to 0 is 87"],
    ["x/vqa_result.json", "color=", [...good, ...good], "question_id 0 is there twice"],
    ["x/avg_score.txt", "spatial=", "score avg:nan", "the mean is NaN"],
    ["x/results.jsonl", "", '{"question_id": 0}', "line 1 has no filename, tag and correct"],
    ["x/results.jsonl", "", '{"filename": "a.png", "tag": "poetry", "correct": true}', 'the task "poetry"'],
    ["x/results.jsonl", "", genEvalFile({ colors: [[true]] }).repeat(2), "a second time"],
    ["x/results.jsonl", "", genEvalFile({ colors: [[true, false]] }).slice(0, -30), "line 2 is not JSON"],
  ])("%s %s %j", async (path, before, content, message) => {
    const file = await put(path, content);
    await expect(runImport([`${before}${file}`], {})).rejects.toMatchObject({
      code: "EASEL_CLI_RESULTS",
      message: expect.stringContaining(message),
    });
  });

  it("a category that there is not, a folder without results, two files of one category", async () => {
    const file = await put("x.json", good);
    await expect(runImport([`colour=${file}`], {})).rejects.toMatchObject({ code: "EASEL_CLI_OPTION" });
    await mkdir(join(folder, "color_val"));
    await expect(runImport([join(folder, "color_val")], {})).rejects.toThrow(
      "annotation_blip/vqa_result.json is not there",
    );
    await expect(runImport([folder], {})).rejects.toThrow("nothing says which category");
    await expect(runImport([`color=${file}`, `color=${file}`], {})).rejects.toThrow("color is in");
  });
});

it("the published rows are whole: a value or null for each column, in [0,1], each with its source", async () => {
  const { benchmarks, sources } = await publishedResults();
  for (const { columns, rows } of Object.values(benchmarks)) {
    for (const { values, source, model } of rows) {
      expect(sources[source], model).toBeTypeOf("string");
      expect(values, model).toHaveLength(columns.length);
      for (const value of values.filter((one) => one !== null)) {
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
      }
    }
  }
  expect(benchmarks["t2i-compbench"].columns).toEqual(Object.keys(compBenchCategories).slice(0, 6));
  expect(benchmarks.geneval.columns).toEqual(["overall", ...genEvalTasks]);
});
