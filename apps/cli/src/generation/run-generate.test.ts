// `easel generate` from end to end on the reference checkpoint in the original layout: the files it writes, against what
// the original code computes for the same prompt, and the second run.
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readSafetensors } from "@easel/engine";
import { decodePng } from "@easel/shapeworld";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { loadWithPolicy } from "../model/checkpoint-with-policy.js";
import { checkpointDefaults } from "./checkpoint-defaults.js";
import { type GenerateOptions, runGenerate } from "./run-generate.js";

const fixtures = fileURLToPath(new URL("../../../../packages/janus/fixtures/janus-tiny/", import.meta.url));
const nano = fileURLToPath(new URL("../../../../assets/janus-nano", import.meta.url));

let root: string;
let checkpoint: string;
let options: GenerateOptions;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "easel-run-generate-"));
  checkpoint = join(root, "checkpoint");
  for (const part of ["original", "tokenizer"]) {
    await cp(join(fixtures, part), checkpoint, { recursive: true, mode: 0 });
  }
  const config = JSON.parse(await readFile(join(checkpoint, "config.json"), "utf8"));
  config.gen_vision_config.params.image_size = 64;
  await writeFile(join(checkpoint, "config.json"), JSON.stringify(config));
  const { constants } = JSON.parse(await readFile(join(fixtures, "expected/expected.json"), "utf8"));
  await writeFile(join(root, "list.txt"), `${constants.greedy.caption}\n`);
  options = {
    checkpoint,
    prompts: join(root, "list.txt"),
    out: join(root, "out"),
    layout: "t2i-compbench",
    chains: "shared",
    number: 2,
    rows: 4,
    seed: 7,
    temperature: 1,
    textTemperature: 0,
    imageTemperature: 0,
    textCap: 40,
  };
  vi.stubEnv("EASEL_ENGINE", "cpu");
  vi.spyOn(process.stderr, "write").mockImplementation(() => true);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(root, { recursive: true });
});

const bytesOf = async (path: string): Promise<Uint8Array> =>
  decodePng(await readFile(join(options.out, path))).data;

it("writes the chain and the pictures of the original code at guidance 5, which nobody had to name", async () => {
  await runGenerate(options);
  const { tensors } = await readSafetensors(join(fixtures, "expected/greedy.safetensors"));
  const record = JSON.parse(await readFile(join(options.out, "easel/0000-1.json"), "utf8"));
  expect(record.chainIds).toEqual([...new Int32Array(tensors.get("text_ids")!.bytes.slice().buffer)]);
  expect(record).toMatchObject({
    textTemperature: 0,
    imageTemperature: 0,
    guidanceScale: 5,
    sharedChain: true,
    forcedBoi: false,
    width: 64,
    height: 64,
  });
  expect(await readFile(join(options.out, "easel/0000-1.txt"), "utf8")).toBe(`${record.chain}\n`);
  const expected = tensors.get("image_u8")!.bytes;
  const names = (await readdir(join(options.out, "samples"))).sort();
  expect(names.map((name) => name.split("_")[1])).toEqual(["000000.png", "000001.png"]);
  for (const name of names) {
    const drawn = await bytesOf(`samples/${name}`);
    const off = drawn.filter((level, index) => level !== expected[index]).length;
    expect(off / expected.length).toBeLessThan(0.001);
    expect(drawn.every((level, index) => Math.abs(level - expected[index]!) <= 1)).toBe(true);
  }
  expect(decodePng(await readFile(join(options.out, "easel/0000-1-plan.png"))).width).toBe(384);
}, 240_000);

it("draws nothing anew the second time, and refuses another seed in the same folder", async () => {
  const picture = join(options.out, "easel/0000-1.json");
  const before = (await stat(picture)).mtimeMs;
  await runGenerate(options);
  expect((await stat(picture)).mtimeMs).toBe(before);
  await expect(runGenerate({ ...options, seed: 8 })).rejects.toMatchObject({
    code: "EASEL_CLI_OUT_FOLDER",
    message: expect.stringContaining("--seed (there 7, now 8)"),
  });
  // What --temperature says is of the head that has no temperature of its own.
  const { imageTemperature: _, ...others } = options;
  await expect(runGenerate(others)).rejects.toThrow(/settings: --image-temperature \(there 0, now 1\)\./);
});

it("takes GoT-R1's settings where the checkpoint is prompted as GoT-R1 is, and others for janus-nano", async () => {
  expect(await checkpointDefaults(checkpoint)).toEqual({ guidance: 5, textCap: 600, rows: 16, scale: 6 });
  expect(await checkpointDefaults(nano)).toEqual({ guidance: 1, textCap: 72, rows: 128, scale: 6 });
});

it("takes a plain Janus checkpoint, whose tokenizer lacks the four layout tokens, as GoT-R1's code does", async () => {
  const plain = join(root, "plain");
  await cp(checkpoint, plain, { recursive: true });
  const path = join(plain, "tokenizer.json");
  const tokenizer = JSON.parse(await readFile(path, "utf8"));
  const isLayout = ({ content }: { content: string }): boolean =>
    /^<\|(box|obj)_(start|end)\|>$/.test(content);
  expect(tokenizer.added_tokens.filter(isLayout)).toHaveLength(4);
  tokenizer.added_tokens = tokenizer.added_tokens.filter((token: { content: string }) => !isLayout(token));
  await writeFile(path, JSON.stringify(tokenizer));
  expect((await checkpointDefaults(plain)).guidance).toBe(5);
  const { model } = await loadWithPolicy(plain, undefined, undefined);
  expect(model.tokenizer.decode([model.tokenizer.ids.boxStart])).toBe("<|box_start|>");
});

it.each([
  [{ prompts: undefined }, "EASEL_CLI_OPTION", "either --prompt"],
  [{ prompt: "a" }, "EASEL_CLI_OPTION", "either --prompt"],
  [{ prompts: undefined, prompt: "  " }, "EASEL_CLI_PROMPTS", "no words"],
  [{ layout: "geneval" as const }, "EASEL_CLI_PROMPTS", "evaluation_metadata.jsonl"],
])("refuses %j before anything is loaded", async (more, code, message) => {
  const { prompts, ...others } = { ...options, ...more };
  const wrong: GenerateOptions = prompts === undefined ? others : { ...others, prompts };
  await expect(runGenerate(wrong)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
});

it("refuses a list that is not UTF-8", async () => {
  const prompts = join(root, "latin.txt");
  await writeFile(prompts, Buffer.from([0x63, 0xe9, 0x0a]));
  await expect(runGenerate({ ...options, prompts })).rejects.toMatchObject({ code: "EASEL_CLI_PROMPTS" });
});
