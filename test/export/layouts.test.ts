// Exports within a layout and between the two: which bytes end up under which name, what is listed, what is refused.
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type HostTensor,
  readSafetensors,
  startEngine,
  streamCheckpoint,
  writeSafetensors,
} from "@easel/engine";
import { digestOf, disposeWeights, exportCheckpoint, loadJanus } from "@easel/janus";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { fixtures, tinyCheckpoint, towerCheckpoint, unplaced } from "./tiny-checkpoint.js";

let folder: string;
let source: string;
beforeAll(async () => {
  await startEngine();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-layouts-"));
  source = await towerCheckpoint(join(folder, "source"));
});
afterEach(() => rm(folder, { recursive: true }));

async function weightsOf(checkpoint: string): Promise<Map<string, HostTensor>> {
  const weights = new Map<string, HostTensor>();
  for await (const { name, tensor } of streamCheckpoint(checkpoint)) weights.set(name, tensor);
  return weights;
}

async function found(name: string, ...path: string[]): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(folder, ...path, name), "utf8")) as Record<string, unknown>;
}

describe("within the original layout", () => {
  it.each([
    { what: "one file", shardSizeBytes: 4e9 },
    { what: "shards", shardSizeBytes: 200_000 },
  ])("every weight goes along byte for byte into $what, used or not", async ({ shardSizeBytes }) => {
    const out = join(folder, "out");
    const report = await exportCheckpoint({ source, layout: "original", out, shardSizeBytes });
    expect(digestOf(await weightsOf(out))).toBe(digestOf(await weightsOf(source)));
    expect(report.dropped).toEqual([]);
    expect(report.files.length > 1).toBe(shardSizeBytes < 1e6);
    for (const name of ["config.json", "tokenizer.json", "tokenizer_config.json"]) {
      expect(await readFile(join(out, name))).toEqual(await readFile(join(source, name)));
    }
  });
});

describe("within the transformers layout", () => {
  it("every weight goes along byte for byte, and so does the config", async () => {
    const [first, second] = [join(folder, "first"), join(folder, "second")];
    await exportCheckpoint({ source, layout: "transformers", out: first });
    const report = await exportCheckpoint({ source: first, layout: "transformers", out: second });
    expect(digestOf(await weightsOf(second))).toBe(digestOf(await weightsOf(first)));
    expect(await readFile(join(second, "config.json"))).toEqual(await readFile(join(first, "config.json")));
    expect([report.from, report.missing, report.dropped]).toEqual(["transformers", [], []]);
  });
});

describe("to the transformers layout", () => {
  it("has the names and shapes that the library gives the same model", async () => {
    const out = join(folder, "out");
    const report = await exportCheckpoint({ source, layout: "transformers", out });
    const shapes = JSON.parse(await readFile(join(fixtures, "transformers/shapes.json"), "utf8")) as Record<
      string,
      number[]
    >;
    const weights = await weightsOf(out);
    expect(new Map([...weights].map(([name, { shape }]) => [name, shape]))).toEqual(
      new Map(Object.entries(shapes)),
    );
    expect(report.missing).toEqual([]);
    expect([...report.dropped].sort()).toEqual([...unplaced].sort());
    const stated = JSON.parse(await readFile(join(fixtures, "transformers/config.json"), "utf8"));
    expect(await found("config.json", "out")).toMatchObject({
      vision_config: {
        ...pick(stated.vision_config, ["hidden_size", "patch_size", "image_size", "mlp_ratio"]),
      },
      image_token_id: stated.image_token_id,
      tie_word_embeddings: false,
    });
  });

  it("splits the tower's attention into thirds of its rows and leaves all values as they are", async () => {
    const out = join(folder, "out");
    await exportCheckpoint({ source, layout: "transformers", out });
    const [before, after] = [await weightsOf(source), await weightsOf(out)];
    const joined = ["q_proj", "k_proj", "v_proj"].flatMap((part) => [
      ...(after.get(`model.vision_model.encoder.layers.0.self_attn.${part}.weight`)?.bytes ?? []),
    ]);
    expect(joined).toEqual([
      ...(before.get("vision_model.vision_tower.blocks.0.attn.qkv.weight")?.bytes ?? []),
    ]);
    expect(after.get("lm_head.weight")).toEqual(before.get("language_model.lm_head.weight"));
  });

  it("and back is the same checkpoint but for what the layout has no place for", async () => {
    const [there, back] = [join(folder, "there"), join(folder, "back")];
    await exportCheckpoint({ source, layout: "transformers", out: there });
    const report = await exportCheckpoint({ source: there, layout: "original", out: back });
    const expected = await weightsOf(source);
    for (const name of unplaced) expected.delete(name);
    expect(digestOf(await weightsOf(back))).toBe(digestOf(expected));
    expect(report.missing).toContain("gen_vision_model.quantize.codebook_used");
    expect(report.missing.every((name) => /attn_pool|codebook_used/.test(name))).toBe(true);
    expect((await found("config.json", "back")).vision_config).toMatchObject({
      params: { image_size: 64, heads: 2 },
    });
    // Loading shows that each folder is a whole checkpoint: config, tokenizer and weights.
    const models = [await loadJanus(source), await loadJanus(there), await loadJanus(back)];
    for (const model of models) {
      expect(model.config).toEqual(models[0]?.config);
      disposeWeights(model.params);
    }
  });

  it("lists a tower that is not there, under the names of the layout", async () => {
    const bare = await tinyCheckpoint(join(folder, "bare"));
    const options = { source: bare, imageSize: 64 };
    const there = await exportCheckpoint({ ...options, layout: "transformers", out: join(folder, "a") });
    expect(there.missing).toHaveLength(25);
    expect(there.missing).toContain("model.vision_model.encoder.layers.0.self_attn.k_proj.bias");
    const same = await exportCheckpoint({ ...options, layout: "original", out: join(folder, "b") });
    expect(same.missing).toContain("vision_model.vision_tower.blocks.0.attn.qkv.bias");
  });

  it("adds the four layout tokens to the tokenizer of a plain Janus model", async () => {
    const definition = await found("tokenizer.json", "source");
    const added = definition.added_tokens as { content: string }[];
    const plain = added.filter(({ content }) => !/box_|obj_/.test(content));
    await writeFile(join(source, "tokenizer.json"), JSON.stringify({ ...definition, added_tokens: plain }));
    const out = join(folder, "out");
    const report = await exportCheckpoint({ source, layout: "transformers", out });
    expect(report.tokensAdded).toBe(true);
    const tokens = (await found("tokenizer.json", "out")).added_tokens as { id: number; content: string }[];
    expect(tokens.slice(-4).map(({ id, content }) => [id, content])).toEqual([
      [488, "<|box_start|>"],
      [489, "<|box_end|>"],
      [490, "<|obj_start|>"],
      [491, "<|obj_end|>"],
    ]);
  });
});

describe("a refused export leaves nothing behind", () => {
  it("when the folder is taken", async () => {
    const options = { source, layout: "transformers" as const, out: source };
    await expect(exportCheckpoint(options)).rejects.toMatchObject({ code: "EASEL_JANUS_EXPORT_TARGET" });
  });

  it("when the layout cannot hold the model", async () => {
    const config = await found("config.json", "source");
    const vision = config.gen_vision_config as { params: Record<string, unknown> };
    vision.params.norm_groups = 16;
    await writeFile(join(source, "config.json"), JSON.stringify(config));
    const out = join(folder, "out");
    await expect(exportCheckpoint({ source, layout: "transformers", out })).rejects.toMatchObject({
      code: "EASEL_JANUS_EXPORT_IMPOSSIBLE",
      message: expect.stringMatching(/16 norm groups/),
    });
    expect(await readdir(folder)).toEqual(["source"]);
    await exportCheckpoint({ source, layout: "original", out });
  });

  it("when a weight file is cut off or lacks weights", async () => {
    const path = join(source, "model.safetensors");
    const out = join(folder, "out");
    const { tensors } = await readSafetensors(path);
    tensors.delete("gen_embed.weight");
    tensors.delete("gen_head.vision_head.bias");
    await writeSafetensors(path, tensors);
    const failure = await exportCheckpoint({ source, layout: "original", out }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: "EASEL_JANUS_CHECKPOINT_MISMATCH" });
    expect(String(failure)).toMatch(/missing: gen_embed[\s\S]*missing: gen_head.vision_head.bias/);
    await truncate(path, 5_000);
    await expect(exportCheckpoint({ source, layout: "original", out })).rejects.toThrow(/safetensors/);
    expect(await readdir(folder)).toEqual(["source"]);
  });
});

function pick(value: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key, value[key]]));
}
