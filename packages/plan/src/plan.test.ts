// What a plan says: numbers of weights that others have published, sums that follow the settings in the right direction, and
// the verdicts for the shipped recipes.
import { open, readdir, readFile } from "node:fs/promises";
import { compileRunConfig, compileSftConfig, isSftOnPictures, type RunConfig } from "@easel/config";
import { type JanusConfig, loadConfig } from "@easel/janus";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  adapterParameters,
  cardBytes,
  gpuWorkspace,
  judgeCalls,
  knownModel,
  l40sRates,
  onCard,
  type PlanBasis,
  parametersOf,
  planRun,
  planSft,
  policyParameters,
  processorRates,
  processorWorkspace,
  understandingParameters,
} from "./index.js";

const root = new URL("../../../", import.meta.url);
const nanoFolder = new URL("assets/janus-nano/", root).pathname;
const gpu: PlanBasis = { workspace: gpuWorkspace, rates: l40sRates };
const processor: PlanBasis = { workspace: processorWorkspace, rates: processorRates };
const card = cardBytes("48GB");

function known(name: string): JanusConfig {
  const found = knownModel(name);
  if (found === null) throw new Error(`${name} is not known`);
  return found.config;
}

const allOf = (config: JanusConfig): number => {
  const p = parametersOf(config);
  return policyParameters(p) + p.vqEncoder + p.vqDecoder;
};

async function fileOf(name: string): Promise<{ readonly name: string; readonly text: string }> {
  return { name, text: await readFile(new URL(`configs/${name}`, root), "utf8") };
}

describe("numbers of weights", () => {
  // The released file of Janus-Pro-7B: 14,840,868,118 bytes, two for each weight and little else.
  it("are those of Janus-Pro-7B's file", () => {
    const config = known("Janus-Pro-7B");
    const bytes = 2 * (allOf(config) + understandingParameters(config));
    expect(bytes / 14_840_868_118).toBeCloseTo(1, 3);
  });

  it("are those of janus-nano's file", async () => {
    const config = await loadConfig(nanoFolder);
    const file = await open(`${nanoFolder}model.safetensors`);
    const prefix = Buffer.alloc(8);
    await file.read(prefix, 0, 8, 0);
    const text = Buffer.alloc(Number(prefix.readBigUInt64LE()));
    await file.read(text, 0, text.length, 8);
    await file.close();
    const header = JSON.parse(text.toString("utf8")) as Record<string, { readonly shape?: number[] }>;
    const stored = Object.values(header).reduce(
      (sum, { shape }) =>
        sum + (shape === undefined ? 0 : shape.reduce((product, side) => product * side, 1)),
      0,
    );
    expect(allOf(config)).toBe(stored);
  });

  it("of an adapter are rank times both sides of each layer it covers", () => {
    const config = known("janus-pro-1b");
    const targets = ["q_proj"];
    expect(adapterParameters(config, { rank: 32, targets })).toBe(24 * 32 * (2048 + 2048));
    expect(
      adapterParameters(config, { rank: 1, targets, imageHead: true, imageAligner: true, tokenRows: true }),
    ).toBe(24 * 4096 + (2048 + 2048) + (2048 + 16_384) + (2048 + 8) + (2048 + 2048) + 2 * 4 * 2048);
  });
});

describe("memory follows the settings", () => {
  const model = known("janus-pro-1b");
  const settings = fc.record({
    rows: fc.integer({ min: 1, max: 16 }),
    draw: fc.integer({ min: 1, max: 16 }),
    cap: fc.integer({ min: 20, max: 600 }),
    guided: fc.boolean(),
    lora: fc.boolean(),
  });
  const planOf = (
    s: {
      readonly rows: number;
      readonly draw: number;
      readonly cap: number;
      readonly guided: boolean;
      readonly lora: boolean;
    },
    more: readonly string[] = [],
  ) =>
    planRun(
      compileRunConfig({
        sets: [
          `learner.rowsPerPass=${s.rows}`,
          `rollout.maxRows=${s.draw}`,
          `rollout.textCap=${s.cap}`,
          `rollout.guidanceScale=${s.guided ? 5 : 1}`,
          `model.lora=${s.lora ? "{ rank: 32 }" : "null"}`,
          ...more,
        ],
      }),
      model,
      gpu,
    );

  it("parts are positive and add up", () => {
    fc.assert(
      fc.property(settings, (s) => {
        const { learner, rollout } = planOf(s);
        for (const { parts, bytes } of [learner, rollout, ...learner.phases]) {
          expect(parts.every((part) => part.bytes > 0)).toBe(true);
          expect(parts.reduce((sum, part) => sum + part.bytes, 0)).toBeCloseTo(bytes, -1);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("more rows, longer chains and guidance never take less", () => {
    fc.assert(
      fc.property(settings, (s) => {
        const before = planOf(s);
        const passOf = (plan: typeof before): number => plan.learner.phases[0]?.bytes ?? Number.NaN;
        expect(passOf(planOf({ ...s, rows: s.rows + 1 }))).toBeGreaterThan(passOf(before));
        expect(planOf({ ...s, draw: s.draw + 1 }).rollout.bytes).toBeGreaterThanOrEqual(before.rollout.bytes);
        expect(planOf({ ...s, cap: s.cap + 64 }).rollout.bytes).toBeGreaterThanOrEqual(before.rollout.bytes);
        expect(planOf({ ...s, guided: true }).learner.bytes).toBeGreaterThanOrEqual(before.learner.bytes);
      }),
      { numRuns: 30 },
    );
  });

  it("where the cache is the largest part, every row adds to it", () => {
    const long = { rows: 1, draw: 4, cap: 600, guided: true, lora: true };
    expect(planOf({ ...long, draw: 5 }).rollout.bytes).toBeGreaterThan(planOf(long).rollout.bytes);
  });

  it("frozen weights in bfloat16 take half, one is widened for a float32 product, and none is copied for others", () => {
    fc.assert(
      fc.property(settings, fc.constantFrom("f32", "bf16"), (s, matmul) => {
        const more = [`learner.matmul=${matmul}`];
        const plain = planOf({ ...s, lora: true }, more);
        const half = planOf({ ...s, lora: true }, ["model.weights=bfloat16", ...more]);
        const bytesOf = ({ parts }: { readonly parts: typeof plain.rollout.parts }, name: string): number =>
          parts.find((part) => part.name === name)?.bytes ?? 0;
        expect(bytesOf(half.rollout, "weights")).toBe(0.5 * bytesOf(plain.rollout, "weights"));
        expect(bytesOf(half.learner, "frozen weights")).toBe(0.5 * bytesOf(plain.learner, "frozen weights"));
        expect(half.rollout.bytes).toBeLessThan(plain.rollout.bytes);
        expect(half.learner.bytes).toBeLessThan(plain.learner.bytes);
        const passOf = ({ learner }: typeof plain) => learner.phases[0] ?? expect.fail();
        const widened = bytesOf(half.rollout, "weights widened for a product");
        expect(widened).toBe(4 * 102_400 * 2048);
        expect(bytesOf(passOf(half), "weights widened for a product")).toBe(matmul === "f32" ? widened : 0);
        expect(bytesOf(passOf(half), "weights rounded for products")).toBe(0);
        expect(bytesOf(passOf(plain), "weights rounded for products") > 0).toBe(matmul === "bf16");
      }),
      { numRuns: 30 },
    );
  });

  it("recomputed layers, 8-bit moments and an adapter take less", () => {
    fc.assert(
      fc.property(settings, (s) => {
        const plain = planOf(s).learner;
        const saving = planOf(s, ["learner.recompute=true", "learner.moments=8bit"]).learner;
        expect(saving.bytes).toBeLessThan(plain.bytes);
        expect(plain.activations.recomputed).toBeLessThan(0.2 * plain.activations.kept);
        const adapted = planOf({ ...s, lora: true }).learner.bytes;
        expect(adapted).toBeLessThan(planOf({ ...s, lora: false }).learner.bytes);
      }),
      { numRuns: 30 },
    );
  });
});

describe("the shipped recipes", () => {
  const runOf = async (name: string): Promise<RunConfig> => compileRunConfig({ file: await fileOf(name) });

  it.each([
    ["got-r1-1b.yaml", "janus-pro-1b"],
    ["got-r1-7b.yaml", "janus-pro-7b"],
  ])("%s: learner and rollout worker fit a 48 GB card each, and not one together", async (name, model) => {
    const plan = planRun(await runOf(name), known(model), gpu);
    expect(onCard(plan, card)).toEqual({ learner: true, rollout: true, both: false });
    expect(onCard(plan, 4 * card)).toEqual({ learner: true, rollout: true, both: true });
    expect(onCard(plan, card / 2).learner).toBe(false);
  });

  it.each([
    ["got-r1-7b.yaml", false],
    ["got-r1-1b.yaml", true],
  ])("%s: with weights in float32 learner and worker fit a 48 GB card: %s", async (name, fitting) => {
    const file = await fileOf(name);
    const model = known(name.includes("7b") ? "janus-pro-7b" : "janus-pro-1b");
    const plan = planRun(compileRunConfig({ file, sets: ["model.weights=float32"] }), model, gpu);
    expect(onCard(plan, card)).toMatchObject({ learner: fitting, rollout: fitting });
  });

  it("judge an update as often as the paper", async () => {
    expect(judgeCalls(await runOf("got-r1-1b.yaml"))).toEqual({
      samples: 128,
      visionLanguage: 896,
      preference: 128,
    });
  });

  it.each([
    ["sft-got-r1-1b.yaml", "janus-pro-1b"],
    ["sft-got-r1-7b.yaml", "janus-pro-7b"],
  ])(
    "%s: fits a 48 GB card's memory, and at the paper's 70,000 updates not its time",
    async (name, model) => {
      const plan = planSft(compileSftConfig(await fileOf(name)), known(model), gpu);
      expect(plan.steps).toBe(70_000);
      expect(plan.trainer.bytes).toBeLessThan(card);
      expect(plan.totalMs).toBeGreaterThan(7 * 24 * 3_600_000);
    },
  );

  it("count what dropout of an adapter takes", async () => {
    const file = await fileOf("sft-got-r1-1b.yaml");
    const passBytes = (sets: readonly string[]): number =>
      planSft(compileSftConfig(file, sets), known("janus-pro-1b"), gpu).trainer.phases[0]?.bytes ?? 0;
    const [thinned, plain] = [passBytes([]), passBytes(["model.lora.dropout=0"])];
    // Of one layer, whose seven adapted parts read six times the width and once the inner width, and of a draw; four rows of
    // 1,233 tokens.
    const tokens = 4 * 1248;
    expect(thinned - plain).toBe(4 * tokens * (6 * 2048 + 5632 + 8 * 5632));
  });

  it("train the token that ends a chain: GoT-R1's model writes it itself", async () => {
    for (const name of ["sft-got-r1-1b.yaml", "sft-got-r1-7b.yaml"]) {
      expect(compileSftConfig(await fileOf(name)).training.parts.boi).toBeGreaterThan(0);
    }
  });

  it("say of each value where it is from", async () => {
    const names = (await readdir(new URL("configs/", root))).filter((name) => name.includes("got-r1"));
    expect(names).toHaveLength(4);
    for (const name of names) {
      const file = await fileOf(name);
      if (isSftOnPictures(file)) compileSftConfig(file);
      else compileRunConfig({ file });
      const lines = file.text.split("\n").filter((line) => /^ *[\w]+: +\S/.test(line));
      expect(lines.length).toBeGreaterThan(30);
      for (const line of lines) {
        expect(line).toMatch(/ # (paper|choice|GoT-R1 code|GoT|Janus|T2I-R1|TRL|ReasonGen-R1)\b/);
      }
    }
  });
});

it("plans of the ten-minute run take about the time that was measured", () => {
  // README: 197 updates of training in ten minutes on two cores.
  const nano = compileRunConfig({});
  return loadConfig(nanoFolder).then((model) => {
    const { drawMs, learnMs } = planRun(nano, model, processor).times;
    expect((drawMs + learnMs) / (600_000 / 197)).toBeGreaterThan(0.7);
    expect((drawMs + learnMs) / (600_000 / 197)).toBeLessThan(1.3);
  });
});

it("a card's memory needs a unit, and an unknown name is none of the models", () => {
  expect(cardBytes("48GB")).toBe(48e9);
  expect(() => cardBytes("48")).toThrow(expect.objectContaining({ code: "EASEL_PLAN_CARD" }));
  expect(knownModel("Janus-Pro-1B-got")?.name).toBe("janus-pro-1b");
  expect(knownModel("janus-pro-1b2")).toBeNull();
  expect(knownModel("llama-7b")).toBeNull();
});
