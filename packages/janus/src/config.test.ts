// Reading config.json: what absent keys mean, and errors that name the key.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseConfig } from "./config.js";

const stored = readFileSync(new URL("../fixtures/janus-tiny/original/config.json", import.meta.url), "utf8");

/** The reference config with one value replaced, or removed when undefined. */
function withValue(path: string, value: unknown): unknown {
  const root: unknown = JSON.parse(stored);
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let at = root as Record<string, unknown>;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return root;
}

describe("a config", () => {
  it("takes what it leaves out from Llama's defaults", () => {
    const { language } = parseConfig(JSON.parse(stored));
    expect(language).toEqual({
      hidden: 64,
      layers: 2,
      heads: 4,
      kvHeads: 4,
      headDim: 16,
      intermediate: 172,
      vocabulary: 512,
      ropeTheta: 10000,
      rmsEps: 1e-6,
    });
  });

  it("means VQ-16 at 384 px where a released checkpoint states no codec sizes", () => {
    const config = parseConfig(withValue("gen_vision_config.params", { image_token_size: 128, n_embed: 8 }));
    expect(config.vq).toEqual({
      channels: 128,
      multipliers: [1, 1, 2, 2, 4],
      resBlocks: 2,
      latentChannels: 256,
      codes: 128,
      codeWidth: 8,
      normGroups: 32,
      attention: "lowest-and-mid",
    });
    expect(config.image).toMatchObject({ imageSize: 384, gridSide: 24, tokens: 576 });
  });

  it("is frozen", () => {
    const config = parseConfig(JSON.parse(stored));
    for (const part of [config, config.language, config.image, config.vq, config.vq.multipliers]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it.each([
    ["model_type", "llama"],
    ["language_config", undefined],
    ["language_config.hidden_size", undefined],
    ["language_config.hidden_size", "64"],
    ["language_config.num_hidden_layers", 1.5],
    ["language_config.num_key_value_heads", 3],
    ["language_config.tie_word_embeddings", true],
    ["language_config.rope_scaling", { type: "linear" }],
    ["gen_vision_config.params.n_embed", 0],
    ["gen_vision_config.params.ch", 40],
    ["gen_vision_config.params.ch_mult", []],
    ["gen_vision_config.params.attention", "everywhere"],
    ["gen_vision_config.params.image_size", 100],
    ["gen_vision_config.params.image_size", 1e9],
    ["gen_aligner_config.params.depth", 1],
    ["gen_aligner_config.params.input_dim", 16],
    ["gen_head_config.params.image_token_size", 64],
  ])("names %s when it is %j", (path, value) => {
    let failure: unknown;
    try {
      parseConfig(withValue(path, value));
    } catch (error) {
      failure = error;
    }
    expect(failure).toMatchObject({ code: "EASEL_JANUS_CONFIG_INVALID" });
    expect(String(failure)).toContain(path);
  });
});
