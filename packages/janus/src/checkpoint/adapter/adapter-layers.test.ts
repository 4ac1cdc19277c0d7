// Which layers an adapter covers: full paths under language_model, whatever else bears the same names.
import { readFile } from "node:fs/promises";
import { type Params, startEngine, tf } from "@easel/engine";
import { afterAll, beforeAll, expect, it } from "vitest";
import { originalName } from "../transformers-names.js";
import { originalPath } from "./adapter-folder.js";
import { adapterLayerPaths, blockLayers, layoutTokenRows } from "./adapter-layers.js";

const shapesFile = new URL("../../../fixtures/janus-tiny/transformers/shapes.json", import.meta.url);

let params: Params;
let stored: Readonly<Record<string, readonly number[]>>;

/** All weights of the library's layout under both layouts' names, the tower's included: no loader lets so many through. */
beforeAll(async () => {
  await startEngine({ backend: "cpu" });
  stored = JSON.parse(await readFile(shapesFile, "utf8"));
  const weights = Object.entries(stored).flatMap(([name, shape]) => {
    const tensor = tf.zeros([...shape]);
    return [[name, tensor] as const, [originalName(name), tensor] as const];
  });
  params = { weights: Object.fromEntries(weights) };
});
afterAll(() => {
  tf.dispose(params.weights);
});

it("covers all linear layers of the blocks and nothing of the tower, where the same bare names occur", () => {
  // What a list of bare names would match in the library's layout.
  const bare = Object.keys(stored).filter((name) => /\.(q|k|v)_proj\.weight$/.test(name));
  expect(bare.some((name) => name.includes("vision_model"))).toBe(true);
  const paths = adapterLayerPaths(params);
  expect(paths).toHaveLength(2 * blockLayers.length);
  for (const path of paths)
    expect(path).toMatch(/^language_model\.model\.layers\.[01]\.(self_attn|mlp)\.\w+$/);
  expect(adapterLayerPaths(params, { targets: ["q_proj", "v_proj"] })).toHaveLength(4);
});

it("covers the image parts when asked", () => {
  const image = adapterLayerPaths(params, { targets: ["q_proj"], imageHead: true, imageAligner: true });
  expect(image.filter((path) => !path.startsWith("language_model."))).toEqual([
    "gen_aligner.layers.0",
    "gen_aligner.layers.2",
    "gen_head.output_mlp_projector",
    "gen_head.vision_head",
  ]);
});

it.each([
  ["a layer that is not there", { targets: ["q_proj", "c_attn"] }, /"c_attn"/],
  ["the embedding, which is no linear layer", { targets: ["embed_tokens"] }, /"embed_tokens"/],
  ["a part of a name", { targets: ["proj"] }, /"proj"/],
  ["nothing", { targets: [] }, /no target is named/],
])("refuses %s", (_, layers, says) => {
  const make = () => adapterLayerPaths(params, layers);
  expect(make).toThrow(expect.objectContaining({ code: "EASEL_JANUS_ADAPTER_TARGET" }));
  expect(make).toThrow(says);
});

it("refuses image parts that are not loaded", () => {
  const language = Object.entries(params.weights).filter(([name]) => name.startsWith("language_model."));
  const some = { weights: Object.fromEntries(language) };
  expect(() => adapterLayerPaths(some, { imageHead: true })).toThrow(/gen_head\.vision_head/);
});

it("names the four tokens' rows of both the embedding and the head", () => {
  const ids = { boxStart: 490, boxEnd: 491, objectStart: 488, objectEnd: 489 };
  expect(layoutTokenRows({ ids: { ...ids, begin: 0, end: 1, pad: 2, beginImage: 3, endImage: 4 } })).toEqual({
    "language_model.model.embed_tokens": [488, 489, 490, 491],
    "language_model.lm_head": [488, 489, 490, 491],
  });
});

it("knows a layer by its name in either layout", () => {
  const original = "language_model.model.layers.0.self_attn.q_proj";
  expect(originalPath("model.language_model.layers.0.self_attn.q_proj")).toBe(original);
  expect(originalPath(original)).toBe(original);
  expect(originalPath("lm_head")).toBe("language_model.lm_head");
  expect(originalPath("model.language_model.embed_tokens")).toBe("language_model.model.embed_tokens");
  expect(originalPath("model.generation_head.proj_out")).toBe("gen_head.output_mlp_projector");
});
