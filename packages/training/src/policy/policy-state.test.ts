// Weights on the wire and in checkpoints: what arrives is what was sent, or it is refused and nothing changes.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAdamW, startEngine, tf } from "@easel/engine";
import { beforeAll, expect, it } from "vitest";
import { exportPolicy, importPolicy, loadPolicyState, policyFile, savePolicyState } from "./policy-state.js";
import type { TrainablePolicy } from "./trainable-policy.js";

beforeAll(async () => {
  await startEngine({ backend: "cpu" });
});

function policyOf(values: readonly number[]): TrainablePolicy {
  const trained = {
    "a.weight": tf.variable(tf.tensor2d([...values], [2, 2])),
    "b.bias": tf.variable(tf.ones([3])),
  };
  return { kind: "full", params: { weights: trained }, reference: { weights: {} }, trained };
}

const valuesOf = (policy: TrainablePolicy): number[] => [...(policy.trained["a.weight"]?.dataSync() ?? [])];

it("brings announced weights over exactly", async () => {
  const sent = policyOf([0.1, -2, 3e-9, 4]);
  const received = policyOf([0, 0, 0, 0]);
  const weights = await exportPolicy(sent);
  importPolicy(received.trained, weights);
  expect(valuesOf(received)).toEqual(valuesOf(sent));
  expect((await exportPolicy(received)).digest).toBe(weights.digest);
});

it("refuses weights that are not what their digest says, and changes nothing", async () => {
  const weights = await exportPolicy(policyOf([1, 2, 3, 4]));
  const damaged = Uint8Array.from(weights.files.get(policyFile) ?? []);
  damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
  const received = policyOf([5, 6, 7, 8]);
  const files = new Map([[policyFile, damaged]]);
  expect(() => importPolicy(received.trained, { ...weights, files })).toThrow(
    expect.objectContaining({ code: "EASEL_TRAINING_WEIGHTS_DIGEST", retryable: true }),
  );
  expect(valuesOf(received)).toEqual([5, 6, 7, 8]);
});

it("refuses weights of another model, naming the first difference", async () => {
  const weights = await exportPolicy(policyOf([1, 2, 3, 4]));
  const other = { "a.weight": tf.variable(tf.zeros([2, 3])), "b.bias": tf.variable(tf.zeros([3])) };
  expect(() => importPolicy(other, weights)).toThrow(/a\.weight/);
});

it("restores weights and optimizer, so that the next step is the same", async () => {
  const folder = await mkdtemp(join(tmpdir(), "easel-policy-"));
  const options = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0 };
  const step = (by: ReturnType<typeof createAdamW>): void =>
    by.update({ "a.weight": tf.tensor2d([1, -1, 0.5, 2], [2, 2]) }, 0.1);
  const first = policyOf([1, 2, 3, 4]);
  const optimizer = createAdamW({ variables: first.trained, ...options });
  step(optimizer);
  const digests = await savePolicyState(folder, first, optimizer);
  expect(Object.keys(digests).sort()).toEqual(["optimizer.safetensors", policyFile]);
  step(optimizer);

  const second = policyOf([0, 0, 0, 0]);
  const restored = createAdamW({ variables: second.trained, ...options });
  await loadPolicyState(folder, second, restored);
  step(restored);
  expect(valuesOf(second)).toEqual(valuesOf(first));
  await rm(folder, { recursive: true });
});
