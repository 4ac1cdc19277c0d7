// Saving, loading and checking checkpoints, on the reference model of the fixtures and on small new ones.
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type HostTensor,
  readSafetensors,
  startEngine,
  tf,
  toFloat32,
  writeSafetensors,
} from "@easel/engine";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type JanusConfig, parseConfig, writeConfig } from "../config.js";
import { createTokenizer } from "../tokenizer/janus-tokenizer.js";
import { codebookName } from "../vq/quantise.js";
import { digestOf } from "./digest.js";
import { initJanus } from "./init.js";
import { janusLayout } from "./layout.js";
import { loadJanus } from "./load.js";
import { disposeWeights, hostWeights, type JanusModel, placeWeights } from "./model.js";
import { saveJanus } from "./save.js";

const fixture = new URL("../../fixtures/janus-tiny/", import.meta.url).pathname;

let folder: string;

beforeAll(async () => {
  await startEngine();
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-janus-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A folder as a released checkpoint would look. */
async function original(): Promise<void> {
  await mkdir(folder, { recursive: true });
  await copyFile(join(fixture, "original/config.json"), join(folder, "config.json"));
  await copyFile(join(fixture, "original/model.safetensors"), join(folder, "model.safetensors"));
  await copyFile(join(fixture, "tokenizer/tokenizer.json"), join(folder, "tokenizer.json"));
}

async function change(edit: (tensors: Map<string, HostTensor>) => void): Promise<void> {
  const path = join(folder, "model.safetensors");
  const { tensors } = await readSafetensors(path);
  edit(tensors);
  await writeSafetensors(path, tensors);
}

function counting(): { next(): number } {
  let count = 0;
  return {
    next: () => {
      count += 1;
      const value = Math.sin(count) * 1e4;
      return value - Math.floor(value);
    },
  };
}

async function newModel(): Promise<JanusModel> {
  const config = parseConfig(JSON.parse(await readFile(join(fixture, "original/config.json"), "utf8")), {
    imageSize: 64,
  });
  const small: JanusConfig = {
    ...config,
    language: { ...config.language, layers: 1, kvHeads: 2 },
    vq: { ...config.vq, channels: 8, normGroups: 4, multipliers: [1, 1, 1, 2], attention: "none" },
  };
  const definition: unknown = JSON.parse(await readFile(join(fixture, "tokenizer/tokenizer.json"), "utf8"));
  const tokenizer = createTokenizer(definition, "{caption}:");
  return { config: small, params: placeWeights(initJanus(small, counting())), tokenizer };
}

describe("loading", () => {
  it("gives the stored values as float32 and leaves out what drawing does not use", async () => {
    await original();
    const model = await loadJanus(folder, { imageSize: 64 });
    const { tensors } = await readSafetensors(join(folder, "model.safetensors"));
    tensors.delete("gen_vision_model.quantize.codebook_used");
    expect(new Set(Object.keys(model.params.weights))).toEqual(new Set(tensors.keys()));
    for (const [name, tensor] of Object.entries(model.params.weights)) {
      expect(tensor.dtype).toBe("float32");
      const [actual, expected] = [await tensor.data(), toFloat32(tensors.get(name)!)];
      expect(actual.every((value, i) => value === expected[i]) && actual.length === expected.length).toBe(
        true,
      );
    }
    expect(model.config.image.tokens).toBe(64);
    expect(model.tokenizer.ids.beginImage).toBe(485);
    disposeWeights(model.params);
  });

  it("loads only the parts asked for and makes variables of what is trained", async () => {
    await original();
    const before = tf.memory().numTensors;
    const model = await loadJanus(folder, {
      parts: ["language", "vq-decoder"],
      trainable: (name) => name.startsWith("language_model."),
    });
    const names = Object.keys(model.params.weights);
    expect(names).toContain(codebookName);
    expect(names.some((name) => name.includes("encoder") || name.startsWith("gen_head"))).toBe(false);
    for (const [name, tensor] of Object.entries(model.params.weights)) {
      expect(tensor instanceof tf.Variable, name).toBe(name.startsWith("language_model."));
    }
    disposeWeights(model.params);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("knows what git leaves in the place of weights, and says how to get them", async () => {
    await original();
    const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1048\n";
    await writeFile(join(folder, "model.safetensors"), pointer);
    await expect(loadJanus(folder)).rejects.toMatchObject({
      code: "EASEL_JANUS_CHECKPOINT_UNREADABLE",
      message: expect.stringMatching(/model\.safetensors is a pointer of Git LFS.*git lfs pull/),
    });
  });

  it("lists every weight that is missing, misshaped or unknown, with its file", async () => {
    await original();
    await change((tensors) => {
      tensors.delete("gen_embed.weight");
      tensors.delete("gen_vision_model.decoder.mid.1.q.weight");
      tensors.set("gen_head.extra", { dtype: "F32", shape: [1], bytes: new Uint8Array(4) });
      tensors.set("gen_aligner.layers.0.bias", { dtype: "F32", shape: [2], bytes: new Uint8Array(8) });
      tensors.set("vision_model.vision_tower.blocks.0", {
        dtype: "F32",
        shape: [1],
        bytes: new Uint8Array(4),
      });
    });
    const failure = await loadJanus(folder).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "EASEL_JANUS_CHECKPOINT_MISMATCH", retryable: false });
    const message = String(failure);
    expect(message).toContain("missing: gen_embed.weight [128,8], not in model.safetensors");
    expect(message).toContain("missing: gen_vision_model.decoder.mid.1.q.weight");
    expect(message).toContain("unknown: gen_head.extra in model.safetensors");
    expect(message).toContain("gen_aligner.layers.0.bias in model.safetensors is [2], the config needs [64]");
    expect(message).not.toContain("vision_tower");
    // The damage is in parts that are not asked for, except for the unknown name.
    await change((tensors) => tensors.delete("gen_head.extra"));
    await expect(loadJanus(folder, { parts: ["language", "vq-encoder"] })).resolves.toBeDefined();
  });

  it("says when the folder or its config.json is not there", async () => {
    await expect(loadJanus("/no/such/folder")).rejects.toThrow(/there is no such folder/);
    await expect(loadJanus(tmpdir())).rejects.toThrow(/there is no config\.json/);
  });

  it("says what to do about a folder without weights, or with several that could be meant", async () => {
    await original();
    await rm(join(folder, "model.safetensors"));
    await expect(loadJanus(folder)).rejects.toThrow(/neither model\.safetensors/);
    for (const name of ["a.pt", "b.bin"]) await writeFile(join(folder, name), "");
    await expect(loadJanus(folder)).rejects.toThrow(/which of a\.pt, b\.bin is meant/);
    await rm(join(folder, "config.json"));
    await expect(loadJanus(folder)).rejects.toMatchObject({ code: "EASEL_JANUS_CHECKPOINT_UNREADABLE" });
  });
});

describe("saving", () => {
  it.each([
    { what: "one file", shardSizeBytes: 1e9 },
    { what: "shards", shardSizeBytes: 100_000 },
  ])("brings the same model back from $what", async ({ shardSizeBytes }) => {
    const model = await newModel();
    const files = await saveJanus(folder, model, { shardSizeBytes });
    expect(files.length > 1).toBe(shardSizeBytes < 1e6);
    const loaded = await loadJanus(folder);
    expect(loaded.config).toEqual(model.config);
    expect(loaded.tokenizer.promptTemplate).toBe("{caption}:");
    expect(loaded.tokenizer.encodePrompt("a red cube")).toEqual(model.tokenizer.encodePrompt("a red cube"));
    expect(digestOf(await hostWeights(loaded.params))).toBe(digestOf(await hostWeights(model.params)));
  });

  it("replaces a sharded checkpoint by a single file and back without leaving the old one in the way", async () => {
    const model = await newModel();
    for (const shardSizeBytes of [100_000, 1e9, 100_000]) {
      await saveJanus(folder, model, { shardSizeBytes });
      await expect(loadJanus(folder)).resolves.toBeDefined();
    }
  });

  it("stores narrower floats by name", async () => {
    const model = await newModel();
    await saveJanus(folder, model, { dtype: (name) => (name.startsWith("gen_vision") ? "BF16" : "F32") });
    const { tensors } = await readSafetensors(join(folder, "model.safetensors"));
    expect(tensors.get(codebookName)?.dtype).toBe("BF16");
    expect(tensors.get("gen_embed.weight")?.dtype).toBe("F32");
  });

  it("refuses active adapters and incomplete models", async () => {
    const model = await newModel();
    const adapters = [{ rank: 1, alpha: 1, pairs: {} }];
    const adapted = { ...model, params: { ...model.params, adapters } };
    await expect(saveJanus(folder, adapted)).rejects.toThrow(/Merge them first/);
    const { "gen_embed.weight": _dropped, ...weights } = model.params.weights;
    await expect(saveJanus(folder, { ...model, params: { weights } })).rejects.toThrow(/missing: gen_embed/);
  });
});

describe("a digest", () => {
  const tensor = (value: number): HostTensor => ({ dtype: "U8", shape: [1], bytes: Uint8Array.of(value) });

  it("does not depend on the order of the weights", () => {
    const [a, b] = [tensor(1), tensor(2)];
    const forwards = digestOf(
      new Map([
        ["a", a],
        ["b", b],
      ]),
    );
    expect(
      digestOf(
        new Map([
          ["b", b],
          ["a", a],
        ]),
      ),
    ).toBe(forwards);
    // sha256 of: ["a","U8",[1]] LF 01 ["b","U8",[1]] LF 02, computed with Python's hashlib
    expect(forwards).toBe("481b70f0f677a0633722327d9385a6408bc3344f46519c0e5bc18288c7e570e1");
  });

  it("changes with a name, a type, a shape and a byte", () => {
    const base = tensor(1);
    const all = [
      new Map([["a", base]]),
      new Map([["b", base]]),
      new Map([["a", tensor(2)]]),
      new Map([["a", { ...base, shape: [1, 1] }]]),
      new Map([["a", { ...base, dtype: "BOOL" as const }]]),
    ].map((weights) => digestOf(weights));
    expect(new Set(all).size).toBe(all.length);
  });
});

describe("a new model", () => {
  it("has all weights, repeatably, with image embeddings of unit scale in the codec's geometry", async () => {
    const { config } = await newModel();
    const made = initJanus(config, counting());
    expect(new Map([...made].map(([name, h]) => [name, h.shape]))).toEqual(new Map(janusLayout(config)));
    expect(digestOf(initJanus(config, counting()))).toBe(digestOf(made));
    const embed = toFloat32(made.get("gen_embed.weight")!);
    const codebook = toFloat32(made.get(codebookName)!);
    for (const [i, value] of embed.slice(0, 64).entries()) {
      expect(value).toBeCloseTo(codebook[i]! * Math.sqrt(8), 5);
    }
    const embedding = toFloat32(made.get("language_model.model.embed_tokens.weight")!);
    const spread = Math.sqrt(embedding.reduce((sum, v) => sum + v * v, 0) / embedding.length);
    expect(spread).toBeCloseTo(0.02, 3);
  });

  it("writes a config that reads back as itself", async () => {
    const { config } = await newModel();
    expect(parseConfig(JSON.parse(JSON.stringify(writeConfig(config))))).toEqual(config);
  });
});
