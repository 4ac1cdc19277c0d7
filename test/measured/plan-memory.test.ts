// The plan's memory against that of real processes: the peak of resident memory of learner steps, of supervised steps and of
// drawing, above the idle process, on janus-nano and on a wider model made up for the purpose. Within 15 %.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { compileRunConfig, compileSftConfig } from "@easel/config";
import { parseConfig } from "@easel/janus";
import { planRun, planSft, processorRates, processorWorkspace } from "@easel/plan";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { learnerOptions } from "../training/learner-options.js";

const entry = fileURLToPath(new URL("measured-process.mjs", import.meta.url));
const nanoConfig = fileURLToPath(new URL("../../assets/janus-nano/config.json", import.meta.url));
const LORA = {
  rank: 32,
  alpha: 32,
  targets: ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
};

type ModelJson = {
  language_config: Record<string, number | string | boolean>;
  gen_aligner_config: { params: Record<string, number | string> };
  gen_head_config: { params: Record<string, number | string> };
};
type Case = {
  readonly work: "update" | "supervise" | "decode";
  readonly rows: number;
  readonly prompt: number;
  /** Tokens of a chain in an update, begin-of-image included; in drawing the cap before it. */
  readonly chain: number;
  readonly lora: boolean;
  readonly recompute: boolean;
  readonly guidance: number;
  readonly moments: "fp32" | "8bit";
  /** In front of the adapter, in supervised training. */
  readonly dropout?: number;
  /** Of frozen weights. */
  readonly storage?: "bfloat16";
  readonly matmul?: "bf16";
};

let nano: ModelJson;
let cache: string;

beforeAll(async () => {
  nano = JSON.parse(await readFile(nanoConfig, "utf8")) as ModelJson;
  cache = await mkdtemp(join(tmpdir(), "easel-plan-"));
});
afterAll(() => rm(cache, { recursive: true }));

/** janus-nano's codec and vocabulary around a decoder of another width. */
function wide(hidden: number, layers: number, heads: number, intermediate: number): ModelJson {
  const made = structuredClone(nano);
  Object.assign(made.language_config, {
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: heads,
    head_dim: hidden / heads,
    intermediate_size: intermediate,
  });
  made.gen_aligner_config.params.n_embed = hidden;
  Object.assign(made.gen_head_config.params, { n_embed: hidden, image_token_embed: hidden });
  return made;
}

/** Peak of a child process above its idle self, in bytes. */
async function measured(model: ModelJson, c: Case): Promise<number> {
  const task = {
    ...c,
    model,
    lora: c.lora ? { ...LORA, ...(c.dropout === undefined ? {} : { dropout: c.dropout }) } : null,
    training: {
      batch: 2 * c.rows,
      rowsPerPass: c.rows,
      warmupSteps: 0,
      floor: 1,
      adamRate: 1e-4,
      muonRate: 0,
      weightDecay: 0,
      maxGradientNorm: 1,
      matmul: "f32",
      conditionDropout: 0,
      parts: { chain: 1, boi: 1, image: 1 },
      recompute: c.recompute,
      moments: c.moments === "fp32" ? "f32" : c.moments,
    },
    learner: {
      ...learnerOptions,
      logProbs: { guidanceScale: c.guidance },
      rowsPerPass: c.rows,
      recompute: c.recompute,
      moments: c.moments === "fp32" ? "f32" : c.moments,
      matmul: c.matmul ?? "f32",
    },
    updates: 2,
  };
  const run = promisify(execFile);
  const env = { ...process.env, EASEL_COMPILED_CACHE: cache };
  const { stdout } = await run(process.execPath, ["--expose-gc", entry, JSON.stringify(task)], { env });
  return (JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as { aboveIdleBytes: number }).aboveIdleBytes;
}

const basisOf = ({ prompt }: Case) => ({ workspace: processorWorkspace, rates: processorRates, prompt });

function plannedSft(model: ModelJson, c: Case): number {
  const file = { name: "sft.yaml", text: "model: { checkpoint: x }\ndata: { file: x }\n" };
  const config = compileSftConfig(file, [
    `training.rowsPerPass=${c.rows}`,
    `training.recompute=${c.recompute}`,
    `training.moments=${c.moments === "fp32" ? "f32" : c.moments}`,
    `data.maxChainTokens=${c.chain - 1}`,
    `model.lora=${c.lora ? `{ rank: 32, alpha: 32, tokenRows: false, dropout: ${c.dropout ?? 0} }` : "null"}`,
    "samples.every=0",
  ]);
  return planSft(config, parseConfig(model), basisOf(c)).trainer.bytes;
}

function planned(model: ModelJson, c: Case): number {
  if (c.work === "supervise") return plannedSft(model, c);
  const sets = [
    `learner.rowsPerPass=${c.rows}`,
    `rollout.maxRows=${c.rows}`,
    `rollout.textCap=${c.work === "update" ? c.chain - 1 : c.chain}`,
    `rollout.guidanceScale=${c.guidance}`,
    `learner.recompute=${c.recompute}`,
    `learner.moments=${c.moments}`,
    `learner.matmul=${c.matmul ?? "f32"}`,
    `model.weights=${c.storage ?? "float32"}`,
    `model.lora=${c.lora ? "{ rank: 32, alpha: 32 }" : "null"}`,
  ];
  const config = compileRunConfig({ sets });
  // The process measured here does not evaluate.
  const evaluation = { ...config.evaluation, devSamples: 0 };
  const plan = planRun({ ...config, evaluation }, parseConfig(model), basisOf(c));
  return (c.work === "update" ? plan.learner : plan.rollout).bytes;
}

const base: Case = {
  work: "update",
  rows: 8,
  prompt: 20,
  chain: 60,
  lora: false,
  recompute: false,
  guidance: 1,
  moments: "fp32",
};

describe.skipIf(process.env.EASEL_TENSORFLOW_DIR === undefined)("memory above the idle process", () => {
  const timeout = 600_000;

  async function expectWithin(model: ModelJson, c: Case): Promise<void> {
    // What XLA compiled is kept: the first process of all needs about 100 MB more to compile it.
    if (c.work === "decode") await measured(model, c);
    const plan = planned(model, c);
    let least = await measured(model, c);
    // Other work on the machine changes when buffers are freed, and only ever adds to the peak: it is looked at again.
    for (let again = 0; again < 2 && plan / least <= 0.85; again++)
      least = Math.min(least, await measured(model, c));
    expect(plan / least).toBeGreaterThan(0.85);
    expect(plan / least).toBeLessThan(1.15);
  }

  const drawing: Case = { ...base, work: "decode", prompt: 22, chain: 72 };
  const wider = (): ModelJson => wide(512, 6, 8, 1376);

  it("of updates of janus-nano", { timeout }, () => expectWithin(nano, { ...base, rows: 32 }));
  it("of drawing with janus-nano", { timeout }, () => expectWithin(nano, { ...drawing, rows: 128 }));

  it("of guided updates of an adapter on a wider model, with layers recomputed", { timeout }, () =>
    expectWithin(wider(), { ...base, rows: 4, lora: true, recompute: true, guidance: 5 }),
  );
  it("of updates of all weights of a wider model", { timeout }, () =>
    expectWithin(wider(), { ...base, recompute: true }),
  );
  it(
    "of supervised updates of an adapter with dropout on a wider model, with layers recomputed",
    { timeout },
    () => expectWithin(wider(), { ...base, work: "supervise", lora: true, recompute: true, dropout: 0.05 }),
  );
  it(
    "of supervised updates of an adapter with dropout on a wider model, with all layers kept",
    { timeout },
    () => expectWithin(wider(), { ...base, work: "supervise", lora: true, dropout: 0.05 }),
  );
  it("of supervised updates of all weights of a wider model", { timeout }, () =>
    expectWithin(wider(), { ...base, work: "supervise", recompute: true }),
  );
  it("of guided drawing with an adapter on a wider model", { timeout }, () =>
    expectWithin(wider(), { ...drawing, rows: 32, lora: true, guidance: 5 }),
  );

  const large = (): ModelJson => wide(1024, 8, 16, 2816);
  const adapted: Case = { ...base, rows: 2, lora: true, recompute: true, guidance: 5 };
  it.each([
    ["bfloat16, with products in float32", { storage: "bfloat16" }],
    ["bfloat16, with products in bfloat16", { storage: "bfloat16", matmul: "bf16" }],
    ["float32, with products in bfloat16", { matmul: "bf16" }],
  ] as const)("of updates over frozen weights in %s", { timeout }, (_, how) =>
    expectWithin(large(), { ...adapted, ...how }),
  );
  it("of drawing with frozen weights in bfloat16", { timeout }, () =>
    expectWithin(large(), { ...drawing, rows: 8, lora: true, guidance: 5, storage: "bfloat16" }),
  );
});
