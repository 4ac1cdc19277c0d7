// The settings of supervised training on real pictures: little has to be said, and what is wrong is told with its place.
import { expect, it } from "vitest";
import { compileSftConfig, isSftOnPictures } from "./load-sft-config.js";

const file = (text: string) => ({ name: "sft.yaml", text });
const least = "model: { checkpoint: models/janus }\ndata: { file: data/train.jsonl }\n";

it("needs a checkpoint and a data file, and fills in the rest", () => {
  const config = compileSftConfig(file(least));
  expect(config.model).toMatchObject({ checkpoint: "models/janus", lora: { rank: 32, alpha: 32 } });
  expect(config.model.lora?.targets).toContain("down_proj");
  expect(config.model.lora).toMatchObject({ tokenRows: true, imageHead: false, imageAligner: false });
  expect(config.images.maxBytes).toBe(64 * 1024 * 1024);
  expect(() => compileSftConfig(file("data: { file: x }\n"))).toThrow(/model\.checkpoint.*not set/);
});

it("lets --set win over the file, lora included", () => {
  const config = compileSftConfig(file(`${least}training: { steps: 10 }\n`), [
    "training.steps=3",
    "training.warmupSteps=1",
    "model.lora=null",
  ]);
  expect(config.training.steps).toBe(3);
  expect(config.model.lora).toBeNull();
});

it("keeps frozen weights in bfloat16 where an adapter is trained, and refuses it where every weight is", () => {
  const weights = "model.weights=bfloat16";
  expect(compileSftConfig(file(least)).model.weights).toBe("float32");
  expect(compileSftConfig(file(least), [weights]).model.weights).toBe("bfloat16");
  expect(() => compileSftConfig(file(least), [weights, "model.lora=null"])).toThrow(
    /model\.weights must be float32 where model\.lora is null/,
  );
});

it("tells line and likely name of what it does not know", () => {
  const text = `${least}images:\n  polcy: pad\n`;
  expect(() => compileSftConfig(file(text))).toThrow(/sft\.yaml:4: images\.polcy .*images\.policy/);
  expect(() => compileSftConfig(file(`${least}images: { policy: zoom }\n`))).toThrow(/centre-crop/);
});

it("refuses a warm-up that is longer than the training", () => {
  expect(() => compileSftConfig(file(least), ["training.steps=20"])).toThrow(
    /warmupSteps is 500.*20 updates/,
  );
});

it("takes stages that follow with rates of their own", () => {
  const later = "[{ steps: 30, learningRate: 0.00005, warmupSteps: 3, floor: 0.1 }]";
  const config = compileSftConfig(file(least), [`training.laterStages=${later}`]);
  expect(config.training.laterStages).toEqual([
    { steps: 30, learningRate: 5e-5, warmupSteps: 3, floor: 0.1 },
  ]);
  const withStage = (stage: string) => file(`${least}training: { laterStages: [${stage}] }\n`);
  expect(() =>
    compileSftConfig(withStage("{ steps: 5, learningRate: 1, warmupSteps: 6, floor: 0 }")),
  ).toThrow(/laterStages\.0\.warmupSteps is 6.*5 updates/);
  expect(() => compileSftConfig(withStage("{ steps: 5, rate: 1, warmupSteps: 0, floor: 0 }"))).toThrow(
    /laterStages.*rate/,
  );
});

it("takes dropout of an adapter, but for one over the text head", () => {
  expect(compileSftConfig(file(least)).model.lora?.dropout).toBe(0);
  const dropout = "model.lora.dropout=0.05";
  expect(compileSftConfig(file(least), [dropout]).model.lora?.dropout).toBe(0.05);
  expect(() => compileSftConfig(file(least), ["model.lora.dropout=1"])).toThrow(/below 1/);
  expect(() => compileSftConfig(file(least), [dropout, "model.lora.targets=[q_proj, lm_head]"])).toThrow(
    /dropout.*lm_head/,
  );
});

it("refuses weights that leave nothing to learn", () => {
  const text = `${least}training: { parts: { chain: 0, boi: 0, image: 0 } }\n`;
  expect(() => compileSftConfig(file(text))).toThrow(/training\.parts/);
});

it("tells its files from those of the synthetic world", () => {
  expect(isSftOnPictures(file(least))).toBe(true);
  expect(isSftOnPictures(file("stages: []\n"))).toBe(false);
});
