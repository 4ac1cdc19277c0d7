// Drawing from the reference model of the fixtures: GoT-R1's greedy ids with and without a given chain, and a sampled
// picture that is the same whether its chain was sampled just then or given.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type HostTensor, readSafetensors, startEngine } from "@easel/engine";
import { createTokenizer, type JanusModel, parseConfig, placeWeights } from "@easel/janus";
import { createPictureDecoder } from "@easel/training";
import { beforeAll, expect, it } from "vitest";
import type { SampledChain } from "./image-source.js";
import { createSampledImages, type SampledImages } from "./sampled-images.js";

const fixtures = new URL("../../../../packages/janus/fixtures/janus-tiny/", import.meta.url);
/** 16 image tokens: the fixture's capped case has as many. */
const SIDE = 32;
const CAP = 6;

let model: JanusModel;
let greedy: ReadonlyMap<string, HostTensor>;
let caption: string;

const json = async (name: string): Promise<unknown> =>
  JSON.parse(await readFile(new URL(name, fixtures), "utf8"));
const tensors = async (name: string): Promise<ReadonlyMap<string, HostTensor>> =>
  (await readSafetensors(fileURLToPath(new URL(name, fixtures)))).tensors;
const ints = (name: string): number[] => [...new Int32Array(greedy.get(name)!.bytes.slice().buffer)];

beforeAll(async () => {
  await startEngine({ backend: "cpu" });
  greedy = await tensors("expected/greedy.safetensors");
  const expected = (await json("expected/expected.json")) as {
    constants: { greedy: { capped_caption: string } };
  };
  caption = expected.constants.greedy.capped_caption;
  model = {
    config: parseConfig(await json("original/config.json"), { imageSize: SIDE }),
    params: placeWeights(await tensors("original/model.safetensors")),
    tokenizer: createTokenizer(await json("tokenizer/tokenizer.json")),
  };
});

function source(temperature: number): SampledImages {
  return createSampledImages(model, {
    promptBucket: 40,
    rows: { own: 2, given: 2 },
    seed: 7,
    temperature: { text: temperature, image: temperature },
    guidanceScale: 5,
    textCap: CAP,
    truncation: {},
    engineFingerprint: "cpu",
  });
}

const task = (sampleIndex: number, chain: SampledChain | null = null) => ({
  promptIndex: 0,
  sampleIndex,
  prompt: caption,
  chain,
});

it("writes the chain of the original code, begin-of-image appended at the cap, and draws the same from it", async () => {
  const images = source(0);
  const [own] = await images.draw([task(0)]);
  expect(own!.chain.ids).toEqual(ints("capped.text_ids"));
  expect(own!.chain.forcedBoi).toBe(true);
  const [first, second] = await images.draw([task(1, own!.chain), task(2, own!.chain)]);
  expect(first!.image).toEqual(own!.image);
  expect(second!.image).toEqual(own!.image);
  expect(first!.chain).toEqual(own!.chain);
  images.dispose();
});

it("draws what the original code draws at guidance 5 behind a chain", async () => {
  const decoder = createPictureDecoder(model.config, model.params, { rows: 1 });
  const [expected] = await decoder.decode([Int32Array.from(ints("capped.image_ids"))]);
  const images = source(0);
  const ids = ints("capped.text_ids");
  const [drawn] = await images.draw([task(0, { ids, text: "", forcedBoi: true })]);
  expect(drawn!.image).toEqual(expected);
  images.dispose();
  decoder.dispose();
});

it("samples other pictures from one chain, each as if it had sampled the chain itself", async () => {
  const images = source(1);
  const [own, other] = await images.draw([task(0), task(1)]);
  expect(other!.chain.ids).not.toEqual(own!.chain.ids);
  const [again, third, late] = await images.draw([
    task(0, own!.chain),
    task(1, own!.chain),
    task(1, other!.chain),
  ]);
  expect(again!.image).toEqual(own!.image);
  expect(late!.image).toEqual(other!.image);
  expect(third!.image).not.toEqual(own!.image);
  images.dispose();
});
