// What saves memory in an update changes no result that matters: recomputed layers give the update of kept ones, 8-bit
// moments come back from a checkpoint bit for bit, and a frozen base has no second copy beside it.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startEngine, tf } from "@easel/engine";
import { randomFrom } from "@easel/shapeworld";
import {
  type AdapterSettings,
  createTensorPolicyLearner,
  loadPolicy,
  type PolicyLearner,
  type TrainablePolicy,
  type TrainingRow,
} from "@easel/training";
import { beforeAll, expect, it } from "vitest";
import { learnerOptions } from "./learner-options.js";

const checkpoint = fileURLToPath(new URL("../../assets/janus-nano", import.meta.url));
// Wide enough that matrices of the adapter have 8-bit moments: those of fewer than 4096 weights stay in float32.
const adapter = { rank: 32, alpha: 32, targets: ["q_proj", "down_proj"] };

beforeAll(async () => {
  await startEngine();
});

type Made = {
  readonly learner: PolicyLearner;
  readonly policy: TrainablePolicy;
  readonly rows: TrainingRow[];
};

/** What saves memory. */
type Saving = { readonly recompute?: boolean; readonly moments?: "8bit" };

async function made(how: Saving, trained: AdapterSettings = adapter): Promise<Made> {
  const { model, policy } = await loadPolicy(checkpoint, trained, 3);
  const random = randomFrom(5);
  const whole = (below: number): number => Math.floor(random.next() * below);
  const { tokens, codes } = model.config.image;
  const rows = Array.from({ length: 2 }, (_, row): TrainingRow => {
    const chainIds = [
      ...Array.from({ length: 5 + 3 * row }, () => whole(200)),
      model.tokenizer.ids.beginImage,
    ];
    return {
      promptIds: [model.tokenizer.ids.begin, ...Array.from({ length: 6 }, () => whole(200))],
      chainIds,
      forcedBoi: false,
      imageCodes: Array.from({ length: tokens }, () => whole(codes)),
      behaviourLogProbs: Array.from({ length: chainIds.length + tokens }, () => -4),
      advantage: row === 0 ? 1 : -1,
    };
  });
  const learner = createTensorPolicyLearner(model, policy, {
    ...learnerOptions,
    logProbs: { guidanceScale: 3 },
    ...how,
  });
  return { learner, policy, rows };
}

const learningRate = 1e-3;

async function valuesAfter(
  { learner, policy, rows }: Made,
  updates: number,
): Promise<ReadonlyMap<string, readonly number[]>> {
  for (let update = 0; update < updates; update++) await learner.update(rows, { learningRate });
  const entries = Object.entries(policy.trained).map(
    async ([name, x]) => [name, [...(await x.data())]] as const,
  );
  return new Map(await Promise.all(entries));
}

it.each([
  { what: "an adapter", trained: adapter },
  { what: "every weight", trained: null },
])(
  "recomputed layers give the update of kept ones, bit for bit, of $what",
  {
    timeout: 300_000,
  },
  async ({ trained }) => {
    const [kept, again] = [await made({}, trained), await made({ recompute: true }, trained)];
    const start = await valuesAfter(kept, 0);
    // An adapter's B starts at zero, and Adam's first step shows signs only; the second depends on sizes.
    for (const update of [1, 2]) {
      const [keptMetrics, againMetrics] = [
        await kept.learner.update(kept.rows, { learningRate }),
        await again.learner.update(again.rows, { learningRate }),
      ];
      expect(keptMetrics.gradientNorm, `update ${update}`).toBeGreaterThan(0);
      expect(againMetrics, `update ${update}`).toEqual(keptMetrics);
    }
    const values = await valuesAfter(kept, 0);
    expect(await valuesAfter(again, 0)).toEqual(values);
    // The control: there is an update to be equal.
    const moved = [...values].filter(([name, after]) =>
      after.some((value, i) => value !== start.get(name)?.[i]),
    );
    expect(moved.map(([name]) => name)).toEqual([...values.keys()]);
  },
);

it("an update with 8-bit moments goes on from a checkpoint to the same bits", {
  timeout: 300_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "easel-moments-"));
  const straight = await made({ moments: "8bit" });
  await valuesAfter(straight, 2);
  await straight.learner.saveState(folder);
  const expected = await valuesAfter(straight, 1);

  const resumed = await made({ moments: "8bit" });
  await resumed.learner.loadState(folder);
  expect(await valuesAfter(resumed, 1)).toEqual(expected);

  const other = await made({});
  await expect(other.learner.loadState(folder)).rejects.toMatchObject({
    code: "EASEL_ENGINE_STATE_MISMATCH",
  });
  await rm(folder, { recursive: true });
});

it("with an adapter the reference is the base itself: no weight exists twice", {
  timeout: 120_000,
}, async () => {
  const { model, policy } = await loadPolicy(checkpoint, adapter, 3);
  const names = Object.keys(model.params.weights);
  expect(names.length).toBeGreaterThan(30);
  for (const name of names) {
    expect(policy.reference.weights[name]).toBe(model.params.weights[name]);
    expect(policy.params.weights[name]).toBe(model.params.weights[name]);
    expect(model.params.weights[name]).not.toBeInstanceOf(tf.Variable);
  }
  expect(policy.reference.adapters ?? []).toEqual([]);
});

it("a policy is loaded without the parts that it never uses", { timeout: 120_000 }, async () => {
  const { model } = await loadPolicy(checkpoint, adapter, 3);
  const names = Object.keys(model.params.weights);
  expect(names.filter((name) => name.startsWith("gen_vision_model.decoder."))).not.toEqual([]);
  expect(names.filter((name) => name.startsWith("gen_vision_model.encoder."))).toEqual([]);
});
