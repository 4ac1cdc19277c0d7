// The policy learner against PyTorch: losses, gradient norm and the adapter after one and three AdamW steps of GRPO
// with LoRA on a tiny random model. Numbers computed by the original model code under PyTorch 2.15; see
// packages/janus/fixtures/README.md for their origin and tolerances.
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type HostTensor, readSafetensors, startEngine, tf, toFloat32, toTensor } from "@easel/engine";
import type { Aggregation } from "@easel/grpo";
import { type JanusModel, loadJanus } from "@easel/janus";
import {
  createTensorPolicyLearner,
  type TrainablePolicy,
  type TrainingRow,
  trainablePolicy,
} from "@easel/training";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { learnerOptions } from "./learner-options.js";

const fixtures = fileURLToPath(new URL("../../packages/janus/fixtures/janus-tiny/", import.meta.url));
let folder: string;
let model: JanusModel;
let golden: Map<string, HostTensor>;
let adapter: Map<string, HostTensor>;

const values = (name: string): Float32Array => {
  const found = golden.get(`model.${name}`);
  if (found === undefined) throw new Error(`the reference numbers lack model.${name}`);
  return found.dtype === "I32"
    ? Float32Array.from(new Int32Array(found.bytes.slice().buffer))
    : toFloat32(found);
};

beforeAll(async () => {
  await startEngine();
  folder = await mkdtemp(join(tmpdir(), "easel-policy-"));
  await cp(join(fixtures, "original"), folder, { recursive: true });
  await cp(join(fixtures, "tokenizer"), folder, { recursive: true });
  model = await loadJanus(folder, { imageSize: 64 });
  golden = (await readSafetensors(join(fixtures, "expected/grpo.safetensors"))).tensors;
  adapter = (await readSafetensors(join(fixtures, "lora/adapter_model.safetensors"))).tensors;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The policy with the stored adapter. */
function storedPolicy(): TrainablePolicy {
  const mode = { kind: "lora", rank: 4, alpha: 8, targets: ["q_proj", "v_proj"] } as const;
  const policy = trainablePolicy(model, mode, { next: () => 0.5 });
  for (const [name, variable] of Object.entries(policy.trained)) {
    const stored = adapter.get(`base_model.model.${name}.weight`);
    if (stored === undefined) throw new Error(`the stored adapter lacks ${name}`);
    tf.tidy(() => variable.assign(toTensor(stored)));
  }
  return policy;
}

function storedRows(): TrainingRow[] {
  const [promptIds, chains, lengths, images] = [
    values("prompt_ids"),
    values("chain_ids"),
    values("chain_lens"),
    values("image_ids"),
  ];
  const [old, advantages] = [values("logp_old"), values("advantages")];
  return Array.from({ length: 4 }, (_, row) => {
    const length = lengths[row] ?? 0;
    return {
      promptIds,
      chainIds: chains.slice(row * 12, row * 12 + length),
      forcedBoi: false,
      imageCodes: images.slice(row * 64, (row + 1) * 64),
      behaviourLogProbs: old.slice(row * 76, row * 76 + length + 64),
      advantage: advantages[row] ?? 0,
    };
  });
}

function expectAdapter(policy: TrainablePolicy, step: string): void {
  for (const [name, variable] of Object.entries(policy.trained)) {
    const expected = values(`${step}.base_model.model.${name}.weight`);
    const found = variable.dataSync();
    const worst = expected.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - (found[i] ?? Number.NaN))),
      0,
    );
    expect(worst, name).toBeLessThanOrEqual(1e-5);
  }
}

describe.each([
  ["graph", 4],
  ["graph", 2],
  ["xla", 4],
] as const)("the policy update, %s, %i rows a pass", (compile, rowsPerPass) => {
  it("gives PyTorch's losses, gradient norm and adapter", async () => {
    const policy = storedPolicy();
    const learner = createTensorPolicyLearner(model, policy, {
      ...learnerOptions,
      beta2: 0.999,
      maxGradientNorm: 1e9,
      compile,
      rowsPerPass,
    });
    const losses = values("losses");
    for (let step = 0; step < 3; step++) {
      const metrics = await learner.update(storedRows(), { learningRate: 1e-3 });
      expect(Math.abs(metrics.loss - (losses[step] ?? Number.NaN))).toBeLessThanOrEqual(1e-5);
      if (step === 0) {
        const norm = values("grad_norm")[0] ?? Number.NaN;
        expect(Math.abs(metrics.gradientNorm - norm)).toBeLessThanOrEqual(1e-5 + 1e-4 * norm);
        expectAdapter(policy, "step1");
      }
    }
    expectAdapter(policy, "step3");
  });
});

it("starts from the reference: no distance before the first update, some after", async () => {
  const mode = { kind: "lora", rank: 4, alpha: 8, targets: ["q_proj", "v_proj"] } as const;
  const policy = trainablePolicy(model, mode, { next: () => 0.25 });
  const learner = createTensorPolicyLearner(model, policy, {
    ...learnerOptions,
    beta2: 0.999,
    rowsPerPass: 4,
  });
  const first = await learner.update(storedRows(), { learningRate: 1e-2 });
  const second = await learner.update(storedRows(), { learningRate: 1e-2 });
  expect(Math.abs(first.kl)).toBeLessThan(1e-9);
  expect(second.kl).toBeGreaterThan(1e-6);
});

it("weighs tokens as the configuration says, in one pass or several", async () => {
  const rows = storedRows();
  const lengths = rows.map(({ chainIds, imageCodes }) => chainIds.length + imageCodes.length);
  const tokens = lengths.reduce((a, b) => a + b, 0);
  const firstUpdate = async (aggregation: Aggregation, rowsPerPass: number) =>
    createTensorPolicyLearner(model, storedPolicy(), {
      ...learnerOptions,
      beta2: 0.999,
      maxGradientNorm: 1e9,
      aggregation,
      rowsPerPass,
    }).update(rows, { learningRate: 1e-3 });
  const mean = await firstUpdate({ kind: "tokenMean" }, 4);
  const fixed = await firstUpdate({ kind: "drGrpo", maxLength: 100 }, 4);
  expect(fixed.gradientNorm).toBeCloseTo((mean.gradientNorm * tokens) / (rows.length * 100), 4);
  const [whole, parted] = [
    await firstUpdate({ kind: "sequenceMean" }, 4),
    await firstUpdate({ kind: "sequenceMean" }, 2),
  ];
  expect(parted.loss).toBeCloseTo(whole.loss, 5);
  expect(parted.gradientNorm).toBeCloseTo(whole.gradientNorm, 4);
  expect(new Set(lengths).size).toBeGreaterThan(1);
  expect(Math.abs(whole.loss - mean.loss)).toBeGreaterThan(1e-6);
});
