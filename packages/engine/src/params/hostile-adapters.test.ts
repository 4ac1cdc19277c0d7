// Whatever an adapter's folder holds, reading it gives an adapter of the shapes that its matrices have, or a named refusal.

import { cp, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { EngineError } from "../errors.js";
import { readSafetensors } from "../safetensors/read.js";
import { writeSafetensors } from "../safetensors/write.js";
import { tf } from "../tf.js";
import { disposeAdapter } from "./adapter.js";
import { readPeftAdapter } from "./peft-files.js";

const original = fileURLToPath(new URL("../../fixtures/lora/", import.meta.url));
let folder = "";
let config: Readonly<Record<string, unknown>> = {};

beforeAll(async () => {
  await tf.setBackend("cpu");
  folder = await mkdtemp(join(tmpdir(), "easel-hostile-adapter-"));
  await cp(original, folder, { recursive: true });
  config = JSON.parse(await readFile(join(folder, "adapter_config.json"), "utf8"));
});
afterAll(() => rm(folder, { recursive: true }));

/** The code of the refusal, or "read"; and no tensor is left behind either way. */
async function codeOf(): Promise<string> {
  const before = tf.memory().numTensors;
  try {
    disposeAdapter(await readPeftAdapter(folder));
    return "read";
  } catch (error) {
    if (error instanceof EngineError) return error.code;
    throw error;
  } finally {
    expect(tf.memory().numTensors).toBe(before);
  }
}

const changed = (change: Readonly<Record<string, unknown>>): Promise<void> =>
  writeFile(join(folder, "adapter_config.json"), JSON.stringify({ ...config, ...change }));

it.each([
  ["a rank of millions", { r: 2 ** 40 }],
  ["a rank of zero", { r: 0 }],
  ["a rank of half", { r: 0.5 }],
  ["a rank that is a text", { r: "4" }],
  ["an alpha that is none", { lora_alpha: null }],
  ["biases", { bias: "all" }],
  ["whole modules beside it", { modules_to_save: ["lm_head"] }],
  ["layers used twice", { layer_replication: [[0, 2]] }],
  ["an initialisation that changes the base", { init_lora_weights: "pissa_niter_4" }],
  ["a scale of another kind", { use_rslora: true }],
])("with %s is refused", async (_, change) => {
  await changed(change);
  expect(await codeOf()).toBe("EASEL_ENGINE_ADAPTER_FILE");
});

it("with ordinary settings of PEFT is read", async () => {
  await changed({
    init_lora_weights: "gaussian",
    modules_to_save: null,
    rank_pattern: {},
    lora_dropout: 0.05,
  });
  expect(await codeOf()).toBe("read");
});

it("with any value in any place of its configuration is read or refused by name", async () => {
  const keys = [...Object.keys(config), "trainable_token_indices", "target_parameters", "lora_bias"];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...keys), fc.jsonValue({ maxDepth: 3 }), async (key, value) => {
      await changed({ [key]: value });
      expect(await codeOf()).toMatch(/^(read|EASEL_ENGINE_ADAPTER_FILE)$/);
    }),
    { numRuns: 150 },
  );
});

it("with a configuration that is no JSON, or far too large for one, is refused unread", async () => {
  const path = join(folder, "adapter_config.json");
  for (const text of ["", "{", "null", "[]", JSON.stringify(config).slice(0, -1)]) {
    await writeFile(path, text);
    expect(await codeOf()).toBe("EASEL_ENGINE_ADAPTER_FILE");
  }
  await truncate(path, 8 * 2 ** 30);
  expect(await codeOf()).toBe("EASEL_ENGINE_ADAPTER_FILE");
});

it("with a weights file that is cut or changed anywhere is read or refused by name", async () => {
  await changed({});
  const path = join(folder, "adapter_model.safetensors");
  const valid = await readFile(join(original, "adapter_model.safetensors"));
  // Most of the file are numbers, of which any are as good: changes go to the header and around its end.
  const headerBytes = Number(valid.readBigUInt64LE(0)) + 16;
  await fc.assert(
    fc.asyncProperty(
      fc.nat(headerBytes),
      fc.nat(255),
      fc.option(fc.nat(valid.length)),
      async (at, value, cut) => {
        const bytes = Buffer.from(valid);
        bytes[at] = value;
        await writeFile(path, bytes.subarray(0, cut ?? bytes.length));
        expect(await codeOf()).toMatch(/^(read|EASEL_ENGINE_ADAPTER_FILE|EASEL_ENGINE_SAFETENSORS_\w+)$/);
      },
    ),
    { numRuns: 150 },
  );
});

it("with matrices of whole numbers is refused", async () => {
  const path = join(folder, "adapter_model.safetensors");
  const { tensors } = await readSafetensors(join(original, "adapter_model.safetensors"));
  for (const [name, tensor] of tensors) tensors.set(name, { ...tensor, dtype: "I32" });
  await writeSafetensors(path, tensors);
  expect(await codeOf()).toBe("EASEL_ENGINE_ADAPTER_FILE");
});
