// `easel sft` on a handful of pictures, from the command line's words to a checkpoint that loads, and what it says where
// it cannot.
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatObject } from "@easel/chain";
import { readSafetensors } from "@easel/engine";
import { exportCheckpoint, loadJanus } from "@easel/janus";
import { encodePng } from "@easel/shapeworld";
import { Command } from "commander";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { addSftCommand } from "../commands/sft.js";

const tiny = fileURLToPath(new URL("../../../../packages/janus/fixtures/janus-tiny", import.meta.url));
let folder: string;
let said: string[];

const settings = `
model: { checkpoint: MODEL, lora: { rank: 4, alpha: 4, targets: [q_proj, v_proj] } }
data: { file: DATA, cache: CACHE, devShare: 0 }
training: { steps: 3, batch: 2, rowsPerPass: 1, learningRate: 0.003, warmupSteps: 0, matmul: f32, saveEvery: 2, devEvery: 2 }
samples: { every: 3, prompts: [a red block], count: 1, guidance: 2, textCap: 6 }
`;

/** Writes a checkpoint as it is released, three pictures with their lines, and the settings. */
beforeEach(async () => {
  said = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    said.push(String(text));
    return true;
  });
  folder = await mkdtemp(join(tmpdir(), "easel-cli-sft-"));
  await cp(join(tiny, "original"), join(folder, "model"), { recursive: true });
  await cp(join(tiny, "tokenizer/tokenizer.json"), join(folder, "model/tokenizer.json"));
  const configFile = join(folder, "model/config.json");
  const config = JSON.parse(await readFile(configFile, "utf8"));
  config.gen_vision_config.params.image_size = 64;
  await writeFile(configFile, JSON.stringify(config));
  await writeData((_, line) => line);
  const places = { MODEL: "model", DATA: "data.jsonl", CACHE: "codes" };
  const text = Object.entries(places).reduce(
    (filled, [word, name]) => filled.replace(word, join(folder, name)),
    settings,
  );
  await writeFile(join(folder, "sft.yaml"), text);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

type Line = Readonly<Record<string, unknown>>;

async function writeData(change: (at: number, line: Line) => Line): Promise<void> {
  const lines = [0, 1, 2].map(async (at) => {
    const data = new Uint8Array(64 * 64 * 3).fill(40 + 90 * at);
    await writeFile(join(folder, `${at}.png`), encodePng({ width: 64, height: 64, data }));
    const chain = `A ${formatObject("block", { x1: 100 * at, y1: 0, x2: 500, y2: 999 })}`;
    const line = {
      prompt: `a block ${at}`,
      chain,
      image: `${at}.png`,
      width: 64,
      height: 64,
      source: "made",
    };
    return JSON.stringify(change(at, { id: `${at}`, ...line }));
  });
  await writeFile(join(folder, "data.jsonl"), `${(await Promise.all(lines)).join("\n")}\n`);
}

async function easelSft(...more: readonly string[]): Promise<string> {
  const program = new Command().exitOverride();
  addSftCommand(program);
  const out = join(folder, "out");
  await program.parseAsync(["sft", "--config", join(folder, "sft.yaml"), "--out", out, ...more], {
    from: "user",
  });
  return out;
}

it("trains, draws, and writes a checkpoint to go on from with the adapter beside it", async () => {
  const out = await easelSft();
  const names = await readdir(out);
  expect(names.sort()).toEqual([
    "adapter",
    "checkpoint",
    "metrics.jsonl",
    "refused.jsonl",
    "samples",
    "settings.json",
    "states",
  ]);
  const metrics = (await readFile(join(out, "metrics.jsonl"), "utf8")).trim().split("\n");
  expect(metrics.map((line) => JSON.parse(line)).filter(({ kind }) => kind === "step")).toMatchObject([
    { step: 3 },
  ]);
  expect(await readdir(join(out, "samples"))).toEqual(["step-00000000", "step-00000003"]);
  expect(await readdir(join(out, "samples/step-00000003"))).toContain("0000-0-plan.png");

  const model = await loadJanus(join(out, "checkpoint"));
  expect(model.tokenizer.ids.boxStart).toBeGreaterThan(0);
  const read = async (place: string) => (await readSafetensors(join(place, "model.safetensors"))).tensors;
  const [before, after] = [await read(join(folder, "model")), await read(join(out, "checkpoint"))];
  const changed = [...after.keys()].filter(
    (name) =>
      Buffer.compare(after.get(name)?.bytes ?? Buffer.of(), before.get(name)?.bytes ?? Buffer.of()) !== 0,
  );
  expect(changed.sort()).toEqual([
    "language_model.lm_head.weight",
    "language_model.model.embed_tokens.weight",
    ...[0, 1].flatMap((layer) =>
      ["q_proj", "v_proj"].map((name) => `language_model.model.layers.${layer}.self_attn.${name}.weight`),
    ),
  ]);
  expect(await readdir(join(out, "adapter"))).toEqual(["adapter_config.json", "adapter_model.safetensors"]);

  // A folder with a training in it is not begun anew in; it is gone on with, and nothing is encoded twice.
  await expect(easelSft()).rejects.toThrow(/--resume/);
  await easelSft("--resume", "--set", "training.steps=4");
  expect(said.join("")).toMatch(/0 pictures encoded, 3 from the cache/);
  expect(said.join("")).toMatch(/going on from step 3\nstep 4\/4/);
});

it("writes checkpoint and adapter in the layout that the starting checkpoint has", async () => {
  const source = join(folder, "library-model");
  await exportCheckpoint({ source: join(folder, "model"), layout: "transformers", out: source });
  const out = await easelSft("--from", source, "--set", "samples.every=0");
  const read = async (place: string) => JSON.parse(await readFile(place, "utf8"));
  expect((await read(join(out, "checkpoint/config.json"))).model_type).toBe("janus");
  const { tensors } = await readSafetensors(join(out, "checkpoint/model.safetensors"));
  expect([...tensors.keys()]).toContain("model.language_model.embed_tokens.weight");
  // The library of adapters finds layers by their names in the model that was started from.
  const adapter = await read(join(out, "adapter/adapter_config.json"));
  expect(adapter.target_modules).toContain("model.language_model.layers.0.self_attn.q_proj");
  expect(Object.keys(adapter.trainable_token_indices).sort()).toEqual([
    "lm_head",
    "model.language_model.embed_tokens",
  ]);
  expect((await loadJanus(join(out, "checkpoint"))).tokenizer.ids.boxStart).toBeGreaterThan(0);
});

it("writes every weight that it trained, and copies the codec as it was", async () => {
  const out = await easelSft("--set", "model.lora=null", "--set", "samples.every=0");
  const read = async (place: string) => (await readSafetensors(join(place, "model.safetensors"))).tensors;
  const [before, after] = [await read(join(folder, "model")), await read(join(out, "checkpoint"))];
  const bytesOf = (tensors: typeof before, name: string) => tensors.get(name)?.bytes ?? expect.fail(name);
  const same = [...before.keys()].filter((name) =>
    Buffer.from(bytesOf(before, name)).equals(Buffer.from(bytesOf(after, name))),
  );
  expect(same.length).toBeGreaterThan(0);
  expect(same.filter((name) => !name.startsWith("gen_vision_model."))).toEqual([]);
  expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
  expect([...after].map(([name, { dtype }]) => [name, dtype])).toEqual(
    [...before].map(([name, { dtype }]) => [name, dtype]),
  );
  // The newest state holds the same numbers.
  const [newest = ""] = (await readdir(join(out, "states"))).sort().reverse();
  const state = (await readSafetensors(join(out, "states", newest, "trained.safetensors"))).tensors;
  const name = "gen_head.vision_head.weight";
  expect(after.get(name)?.bytes).toEqual(state.get(name)?.bytes);
});

it("says what is wrong with the tokenizer, the chains, the file and the pictures", async () => {
  const tokenizerFile = join(folder, "model/tokenizer.json");
  const tokenizer = await readFile(tokenizerFile, "utf8");
  const plain = JSON.parse(tokenizer);
  plain.added_tokens = plain.added_tokens.filter(
    ({ content }: { content: string }) => !content.includes("_start|>") && !content.includes("_end|>"),
  );
  await writeFile(tokenizerFile, JSON.stringify(plain));
  await expect(easelSft()).rejects.toThrow(/obj_start.*addLayoutTokens/s);
  await writeFile(tokenizerFile, tokenizer);

  await writeData((at, line) => (at === 1 ? { ...line, chain: "A <|box_start|>(1,2)<|box_end|>" } : line));
  await expect(easelSft()).rejects.toThrow(/data\.jsonl:2: .*chain/);

  await writeFile(join(folder, "data.jsonl"), "\n");
  await expect(easelSft()).rejects.toThrow(expect.objectContaining({ code: "EASEL_TRAINING_SFT_EMPTY" }));

  await writeData((_, line) => ({ ...line, image: "gone.png" }));
  await expect(easelSft()).rejects.toThrow(/3 of 3 examples cannot be used \(no-such-file 3\)/);
  expect(await readFile(join(folder, "out/refused.jsonl"), "utf8")).toContain('"reason":"no-such-file"');

  // Told before the model is looked for, which may take minutes to load.
  await expect(easelSft("--data", join(folder, "nowhere.jsonl"), "--from", "no-model")).rejects.toThrow(
    /nowhere\.jsonl cannot be read/,
  );
  await expect(easelSft("--vq", "codec")).rejects.toThrow(
    expect.objectContaining({ code: "EASEL_CLI_OPTION" }),
  );
  await expect(easelSft("--resume")).rejects.toThrow(/no state to go on from/);
});
