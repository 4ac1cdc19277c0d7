// Generation with a source that paints what it is asked for: what is drawn, in which order, and what a second run does
// after a first that was stopped, damaged or other.
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodePng } from "@easel/shapeworld";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkPrompts, type FileLayout } from "./file-layout.js";
import { type GenerationProgress, generateAll } from "./generate-all.js";
import { type ChainMode, type GenerationSettings, promptsDigest } from "./generation-settings.js";
import type { DrawTask, ImageSource } from "./image-source.js";
import { type OutputFolder, openOutputFolder } from "./output-folder.js";
import { parsePromptList } from "./prompt-list.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-generate-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

type Batch = readonly DrawTask[];

/** Paints pictures that tell prompt and sample by their colour; stops before the batch `failAt`. */
function painter(batches: Batch[], failAt = Number.POSITIVE_INFINITY): ImageSource {
  return {
    draw: async (tasks) => {
      if (batches.length === failAt) throw new Error("the power went out");
      batches.push(tasks);
      return tasks.map(({ promptIndex, sampleIndex, prompt, chain }) => ({
        chain: chain ?? {
          ids: [promptIndex, sampleIndex, 475],
          text: `<|obj_start|>${prompt}<|obj_end|> <|box_start|>(0,0),(500,${100 + sampleIndex})<|box_end|>`,
          forcedBoi: false,
        },
        image: { width: 2, height: 2, data: new Uint8Array(12).fill(promptIndex * 16 + sampleIndex) },
        engineFingerprint: "painter",
      }));
    },
  };
}

const lines = ["a red car", "a blue car", "an oval clock"];

function settings(more: Partial<GenerationSettings> = {}): GenerationSettings {
  return {
    checkpoint: "a".repeat(64),
    policy: null,
    prompts: promptsDigest(parsePromptList(lines.join("\n"), "list.txt")),
    number: 3,
    seed: 7,
    textTemperature: 1,
    imageTemperature: 1,
    topK: null,
    topP: null,
    guidance: 5,
    textCap: 600,
    chains: "each",
    layout: "plain",
    ...more,
  };
}

async function open(more: Partial<GenerationSettings> = {}, list = lines.join("\n")): Promise<OutputFolder> {
  const prompts = parsePromptList(list, "list.txt");
  const all = settings({ prompts: promptsDigest(prompts), ...more });
  checkPrompts(all.layout, prompts, all.number);
  const about = { checkpoint: "c", policy: null, promptsFile: "list.txt", prompts: prompts.length };
  return await openOutputFolder({
    folder,
    manifest: { format: 1, settings: all, about },
    prompts,
    origin: {
      seed: all.seed,
      textTemperature: all.textTemperature,
      imageTemperature: all.imageTemperature,
      guidanceScale: all.guidance,
    },
    scale: 4,
  });
}

type Run = { readonly batches: Batch[]; readonly progress: GenerationProgress; readonly opened: number };

async function run(chains: ChainMode, rows = 4, layout: FileLayout = "plain", list?: string): Promise<Run> {
  const batches: Batch[] = [];
  let opened = 0;
  const output = await open({ chains, layout }, list);
  const prompts = parsePromptList(list ?? lines.join("\n"), "list.txt");
  const openSource = async (): Promise<ImageSource> => {
    opened += 1;
    return painter(batches);
  };
  const progress = await generateAll({ prompts, perPrompt: 3, chains, rows }, openSource, output);
  return { batches, progress, opened };
}

const indices = (batch: Batch): string[] =>
  batch.map(({ promptIndex, sampleIndex }) => `${promptIndex}/${sampleIndex}`);

async function contents(): Promise<Record<string, string>> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((e) => e.isFile());
  const read = names.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    return [path.slice(folder.length + 1), (await readFile(path)).toString("base64")] as const;
  });
  return Object.fromEntries((await Promise.all(read)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe("one chain each", () => {
  it("draws every picture once, in order, and writes picture, plan, chain and record", async () => {
    const { batches, progress, opened } = await run("each");
    expect(batches.map(indices)).toEqual([
      ["0/0", "0/1", "0/2", "1/0"],
      ["1/1", "1/2", "2/0", "2/1"],
      ["2/2"],
    ]);
    expect(progress).toEqual({ total: 9, kept: 0, drawn: 9 });
    expect(opened).toBe(1);
    expect(decodePng(await readFile(join(folder, "0001-2.png"))).data[0]).toBe(18);
    expect(decodePng(await readFile(join(folder, "0001-2-plan.png"))).width).toBe(8);
    expect(await readFile(join(folder, "0001-2.txt"), "utf8")).toContain(
      "<|obj_start|>a blue car<|obj_end|>",
    );
    expect(JSON.parse(await readFile(join(folder, "0001-2.json"), "utf8"))).toMatchObject({
      promptId: "1",
      prompt: "a blue car",
      seed: 7,
      guidanceScale: 5,
      sharedChain: false,
      plan: [{ name: "a blue car", box: { x1: 0, y1: 0, x2: 500, y2: 102 } }],
      image: "0001-2.png",
    });
  });
});

describe("one chain for the pictures of a prompt", () => {
  it("samples it with the first picture and draws the others from it", async () => {
    const { batches } = await run("shared", 2);
    expect(batches.map(indices)).toEqual([
      ["0/0", "1/0"],
      ["0/1", "0/2"],
      ["1/1", "1/2"],
      ["2/0"],
      ["2/1", "2/2"],
    ]);
    expect(batches[0]!.every(({ chain }) => chain === null)).toBe(true);
    expect(batches[2]!.map(({ chain }) => chain?.ids)).toEqual([
      [1, 0, 475],
      [1, 0, 475],
    ]);
    const records = await Promise.all(
      [0, 1].map(async (n) => JSON.parse(await readFile(join(folder, `0002-${n}.json`), "utf8"))),
    );
    expect(records.map(({ sharedChain }) => sharedChain)).toEqual([false, true]);
    expect(records[1].chainIds).toEqual(records[0].chainIds);
  });

  it("draws from the chain that is written when only later pictures are missing", async () => {
    await run("shared");
    for (const name of ["0001-1.json", "0001-2.png"]) await rm(join(folder, name));
    const { batches } = await run("shared");
    expect(batches.map(indices)).toEqual([["1/1", "1/2"]]);
    expect(batches[0]!.map(({ chain }) => chain?.ids)).toEqual([
      [1, 0, 475],
      [1, 0, 475],
    ]);
  });
});

describe.each(["each", "shared"] as const)("a second run, chains %s", (chains) => {
  it("leaves a complete folder as it is and loads no model", async () => {
    await run(chains);
    const before = await contents();
    const past = new Date(0);
    await utimes(join(folder, "0000-0.png"), past, past);
    const { progress, opened } = await run(chains);
    expect(progress).toEqual({ total: 9, kept: 9, drawn: 0 });
    expect(opened).toBe(0);
    expect(await contents()).toEqual(before);
    expect((await stat(join(folder, "0000-0.png"))).mtimeMs).toBe(0);
  });

  it("completes what was interrupted after any batch, to the same files", async () => {
    await run(chains, 2);
    const whole = await contents();
    for (let failAt = 0; failAt < 5; failAt += 1) {
      await rm(folder, { recursive: true });
      await mkdir(folder);
      const prompts = parsePromptList(lines.join("\n"), "list.txt");
      const order = { prompts, perPrompt: 3, chains, rows: 2 };
      const broken = generateAll(order, async () => painter([], failAt), await open({ chains }));
      await expect(broken).rejects.toThrow("the power went out");
      const { progress } = await run(chains, 2);
      expect(progress.kept + progress.drawn).toBe(9);
      expect(progress.kept).toBeGreaterThanOrEqual(failAt);
      expect(await contents()).toEqual(whole);
    }
  });

  it("draws again what was cut off: any file of a picture that is missing or not whole", async () => {
    await run(chains);
    const whole = await contents();
    for (const name of ["0001-1.png", "0001-1-plan.png", "0001-1.txt", "0001-1.json"]) {
      await rm(join(folder, name));
      expect((await run(chains)).batches.map(indices)).toEqual([["1/1"]]);
    }
    for (const [name, left] of [
      ["0001-1.png", 40],
      ["0001-1.json", 40],
      ["0001-1-plan.png", 0],
      ["0001-1.txt", 0],
    ] as const) {
      await writeFile(join(folder, name), (await readFile(join(folder, name))).subarray(0, left));
      expect((await run(chains)).batches.map(indices)).toEqual([["1/1"]]);
    }
    expect(await contents()).toEqual(whole);
  });
});

describe("an output folder", () => {
  it.each([
    [{ seed: 8 }, "--seed (there 7, now 8)"],
    [{ checkpoint: "b".repeat(64) }, "--checkpoint (there aaaaaaaaaaaa…, now bbbbbbbbbbbb…)"],
    [{ policy: `${"c".repeat(64)}/8` }, "--policy (there none, now cccccccccccc…)"],
    [{ guidance: 1, number: 4 }, "-n (there 3, now 4), --guidance (there 5, now 1)"],
    [{ chains: "shared" as const }, '--chains (there "each", now "shared")'],
    [{ prompts: "d".repeat(64) }, "the prompts"],
    [{ layout: "t2i-compbench" as const }, "--layout"],
    [{ topK: 50 }, "--top-k (there none, now 50)"],
  ])("refuses pictures of other settings, %j, by name", async (more, message) => {
    await run("each");
    const before = await contents();
    await expect(open(more)).rejects.toMatchObject({
      code: "EASEL_CLI_OUT_FOLDER",
      message: expect.stringContaining(message),
    });
    expect(await contents()).toEqual(before);
  });

  it("refuses a damaged generation.json, and pictures that somebody else left to be scored", async () => {
    await run("each");
    await writeFile(join(folder, "generation.json"), '{"format": 1, "sett');
    await expect(open()).rejects.toMatchObject({ code: "EASEL_CLI_OUT_FOLDER" });
    await rm(join(folder, "generation.json"));
    await mkdir(join(folder, "samples"));
    await expect(open({ layout: "t2i-compbench" })).rejects.toThrow('has "samples" in it');
  });
});

describe("a folder in which nothing was drawn yet", () => {
  it("takes other settings: a command that failed over a broken checkpoint stands in nobody's way", async () => {
    await open();
    await open({ checkpoint: "b".repeat(64) });
    const { settings: kept } = JSON.parse(await readFile(join(folder, "generation.json"), "utf8"));
    expect(kept).toMatchObject({ checkpoint: "b".repeat(64) });
  });

  it("is gone on with under the same settings, in every layout", async () => {
    const list = '{"prompt": "a red car", "tag": "colors", "include": []}';
    await open({ layout: "geneval" }, list);
    await open({ layout: "geneval" }, list);
    await expect(open({ layout: "geneval", seed: 8 }, list)).rejects.toThrow("--seed");
  });
});

describe("the folders of the benchmarks", () => {
  it("T2I-CompBench: nothing but the pictures in samples, numbered through in the order of the list", async () => {
    await run("each", 4, "t2i-compbench");
    const names = await readdir(join(folder, "samples"));
    // As its scripts list the folder.
    names.sort((a, b) => Number(a.split("_")[1]?.split(".")[0]) - Number(b.split("_")[1]?.split(".")[0]));
    expect(names).toEqual(lines.flatMap((text, p) => [0, 1, 2].map((s) => `${text}_00000${p * 3 + s}.png`)));
    expect(decodePng(await readFile(join(folder, "samples", names[5]!))).data[0]).toBe(18);
    expect((await readdir(join(folder, "easel"))).filter((name) => name.endsWith(".json"))).toHaveLength(9);
  });

  it("T2I-CompBench: writes the longest name that there can be", async () => {
    const text = "x".repeat(255 - "_000000.png".length);
    await run("each", 4, "t2i-compbench", text);
    expect(await readdir(join(folder, "samples"))).toHaveLength(3);
  });

  it("GenEval: a folder of digits a prompt, with the line of the list and the samples", async () => {
    const list = lines.map((prompt, n) =>
      JSON.stringify({ tag: "colors", include: [{ class: "car", count: n }], prompt }),
    );
    await run("shared", 4, "geneval", list.join("\n"));
    const folders = (await readdir(folder)).filter((name) => /^\d+$/.test(name)).sort();
    expect(folders).toEqual(["00000", "00001", "00002"]);
    for (const [n, name] of folders.entries()) {
      const metadata: unknown = JSON.parse(await readFile(join(folder, name, "metadata.jsonl"), "utf8"));
      expect(metadata).toEqual(JSON.parse(list[n]!));
      const samples = (await readdir(join(folder, name, "samples"))).sort();
      expect(samples).toEqual(["0000.png", "0001.png", "0002.png"]);
    }
  });
});
