// A checkpoint drawn from before and after its policy is put over it: an adapter with token rows, as a run leaves it.
import { appendFile, cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  adapterVariables,
  createAdapter,
  isStoredHalf,
  type Params,
  startEngine,
  tf,
  variablesToHost,
  writeSafetensors,
} from "@easel/engine";
import {
  adapterLayerPaths,
  decoderForward,
  type JanusModel,
  layoutTokenRows,
  loadJanus,
  saveJanus,
  textEmbedding,
  textLogits,
  writeJanusAdapter,
} from "@easel/janus";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadWithPolicy } from "./checkpoint-with-policy.js";
import { policyDigest } from "./stored-policy.js";

const nano = fileURLToPath(new URL("../../../../assets/janus-nano/", import.meta.url));
let folder: string;

beforeAll(async () => {
  await startEngine();
  folder = await mkdtemp(join(tmpdir(), "easel-policy-over-"));
  await cp(nano, join(folder, "checkpoint"), { recursive: true });
});
afterAll(() => rm(folder, { recursive: true }));

function logits({ config, tokenizer }: JanusModel, params: Params): Float32Array {
  const ids = [tokenizer.ids.begin, tokenizer.ids.objectStart, 20, tokenizer.ids.boxEnd];
  return tf.tidy(() => {
    const x = textEmbedding(params, tf.tensor2d([ids], undefined, "int32"));
    return textLogits(params, decoderForward(config.language, params, x)).dataSync() as Float32Array;
  });
}

it("is the same in half the memory where the checkpoint is stored in bfloat16, and without what drawing never uses", async () => {
  const checkpoint = join(folder, "bf16");
  const whole = await loadJanus(join(folder, "checkpoint"));
  await saveJanus(checkpoint, whole, { dtype: () => "BF16" });
  const { model: full } = await loadWithPolicy(checkpoint, undefined, undefined);
  const { model: half } = await loadWithPolicy(checkpoint, undefined, undefined, {
    weights: "bfloat16",
    parts: ["language", "image", "vq-decoder"],
  });
  expect(logits(half, half.params)).toEqual(logits(full, full.params));
  expect(Object.values(half.params.weights).every(isStoredHalf)).toBe(true);
  const encoderOf = ({ params }: JanusModel): readonly string[] =>
    Object.keys(params.weights).filter((name) => name.startsWith("gen_vision_model.encoder."));
  expect(encoderOf(full)).not.toEqual([]);
  expect(encoderOf(half)).toEqual([]);
});

it("is the checkpoint until the policy is applied, and then the policy, token rows included", async () => {
  const checkpoint = join(folder, "checkpoint");
  const base = await loadJanus(checkpoint);
  const adapter = createAdapter({
    paths: adapterLayerPaths(base.params, { targets: ["q_proj"], imageHead: true }),
    params: base.params,
    rank: 2,
    alpha: 4,
    random: { next: () => 0.6 },
    tokenRows: layoutTokenRows(base.tokenizer),
  });
  for (const [i, variable] of Object.values(adapterVariables(adapter)).entries()) {
    tf.tidy(() => variable.assign(tf.randomNormal(variable.shape, 0, 0.2, "float32", i)));
  }
  const policy = join(folder, "policy.safetensors");
  await writeSafetensors(policy, await variablesToHost(adapterVariables(adapter)));
  const { model, apply } = await loadWithPolicy(checkpoint, policy, 4);
  expect(logits(model, model.params)).toEqual(logits(base, base.params));
  apply?.();
  expect(logits(model, model.params)).toEqual(logits(base, { ...base.params, adapters: [adapter] }));
  // The same as a folder of PEFT, which says its alpha itself.
  const peft = join(folder, "adapter");
  await mkdir(peft);
  await writeJanusAdapter(peft, adapter, "transformers");
  const stored = await loadWithPolicy(checkpoint, peft, undefined);
  expect(logits(stored.model, stored.model.params)).toEqual(logits(base, base.params));
  stored.apply?.();
  expect(logits(stored.model, stored.model.params)).toEqual(logits(model, model.params));
  const before = await policyDigest(peft);
  await appendFile(join(peft, "adapter_config.json"), " ");
  expect(await policyDigest(peft)).not.toBe(before);
  // The control: rows alone change what the four tokens get.
  const without = { ...base.params, adapters: [{ ...adapter, tokenRows: {} }] };
  expect(logits(model, model.params)).not.toEqual(logits(base, without));
});
