// The compiled sampler on the native library, against the greedy decode of the original code (fixtures/README.md). The
// other sampler tests run the same code uncompiled. Skipped where no library is configured.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { readSafetensors, startEngine, tf, toTensor } from "@easel/engine";
import { describe, expect, it, vi } from "vitest";
import { parseConfig } from "../config.js";
import { createSampler } from "./create-sampler.js";

const folder = new URL("../../fixtures/janus-tiny/", import.meta.url);
const path = (name: string): string => fileURLToPath(new URL(name, folder));

describe.skipIf(process.env.EASEL_TENSORFLOW_DIR === undefined)("the sampler compiled by XLA", () => {
  it("gives the ids of the original code, and the event loop turns meanwhile", {
    timeout: 300_000,
  }, async () => {
    await startEngine({ backend: "tensorflow" });
    const json: unknown = JSON.parse(await readFile(path("original/config.json"), "utf8"));
    const { tensors: greedy } = await readSafetensors(path("expected/greedy.safetensors"));
    const ints = (name: string): number[] => [...new Int32Array(greedy.get(name)!.bytes.slice().buffer)];
    const { tensors } = await readSafetensors(path("original/model.safetensors"));
    const weights: Record<string, tf.Tensor> = {};
    for (const [name, host] of tensors) {
      if (!name.startsWith("gen_vision_model.")) weights[name] = toTensor(host);
    }
    const sampler = createSampler(
      {
        config: parseConfig(json, { imageSize: 64 }),
        params: { weights },
        tokenizer: { ids: { beginImage: 485, pad: 484 } },
      },
      { maxRows: 2, promptBuckets: [40], textCap: 40, guidanceScale: 5, temperature: 0 },
    );
    const request = { promptIds: ints("prompt_ids"), uniform: () => 0 };
    await sampler.sample([request]);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const before = tf.memory().numTensors;
    const rows = await sampler.sample([request, request]);
    clearInterval(timer);
    for (const row of rows) {
      expect([...row.chainIds]).toEqual(ints("text_ids"));
      expect([...row.imageCodes]).toEqual(ints("image_ids"));
    }
    expect(ticks).toBeGreaterThan(0);
    expect(tf.memory().numTensors).toBe(before);
    sampler.dispose();
  });

  it("needs a trace for every segment of a long picture, and does not call that too many", {
    timeout: 120_000,
  }, async () => {
    await startEngine({ backend: "tensorflow" });
    const json: unknown = JSON.parse(await readFile(path("original/config.json"), "utf8"));
    const { tensors } = await readSafetensors(path("original/model.safetensors"));
    const weights: Record<string, tf.Tensor> = {};
    for (const [name, host] of tensors) {
      if (!name.startsWith("gen_vision_model.")) weights[name] = toTensor(host);
    }
    const warned = vi.spyOn(process, "emitWarning").mockReturnValue();
    const sampler = createSampler(
      {
        config: parseConfig(json, { imageSize: 32 }),
        params: { weights },
        tokenizer: { ids: { beginImage: 485, pad: 484 } },
      },
      { maxRows: 1, promptBuckets: [4], textCap: 1, segmentLengths: [1], compile: "graph" },
    );
    await sampler.sample([{ promptIds: [480, 5], uniform: () => 0 }]);
    expect(warned).not.toHaveBeenCalled();
    sampler.dispose();
    warned.mockRestore();
    tf.dispose(weights);
  });
});
