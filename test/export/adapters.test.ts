// Exports with what training made: a LoRA adapter merged or beside the weights, or whole weights. Merged weights against
// those that PyTorch computed (packages/janus/fixtures/README.md).
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  fromFloat32,
  type HostTensor,
  readPeftAdapter,
  readSafetensors,
  startEngine,
  toFloat32,
  writeSafetensors,
} from "@easel/engine";
import {
  type CheckpointLayout,
  digestOf,
  disposeChanges,
  exportCheckpoint,
  readPolicyChanges,
} from "@easel/janus";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixtures, tinyCheckpoint } from "./tiny-checkpoint.js";

let folder: string;
let source: string;
let count = 0;
const lora = join(fixtures, "lora");
const prefix = { original: "language_model.model", transformers: "model.language_model" };

beforeAll(async () => {
  await startEngine();
  folder = await mkdtemp(join(tmpdir(), "easel-adapters-"));
  source = await tinyCheckpoint(join(folder, "source"));
});
afterAll(() => rm(folder, { recursive: true }));

type Exported = { readonly out: string; readonly weights: Map<string, HostTensor> };

async function exported(
  adapter: string,
  options: { layout?: CheckpointLayout; merge?: boolean; alpha?: number; from?: string },
): Promise<Exported> {
  const { layout = "original", merge = true, alpha, from = source } = options;
  count += 1;
  const out = join(folder, `out-${count}`);
  const changes = await readPolicyChanges(adapter, alpha);
  try {
    await exportCheckpoint({ source: from, layout, out, changes, merge, imageSize: 64 });
  } finally {
    disposeChanges(changes);
  }
  return { out, weights: (await readSafetensors(join(out, "model.safetensors"))).tensors };
}

function difference(a: HostTensor | undefined, b: HostTensor | undefined): number {
  if (a === undefined || b === undefined) return Number.NaN;
  const [x, y] = [toFloat32(a), toFloat32(b)];
  return x.reduce((most, value, i) => Math.max(most, Math.abs(value - (y[i] ?? Number.NaN))), 0);
}

describe("a merged adapter", () => {
  it.each(["original", "transformers"] as const)(
    "gives PyTorch's weights in the %s layout",
    async (layout) => {
      const { weights } = await exported(lora, { layout });
      const golden = (await readSafetensors(join(fixtures, "expected/lora.safetensors"))).tensors;
      for (const layer of ["layers.0.self_attn.q_proj", "layers.1.self_attn.v_proj"]) {
        const merged = weights.get(`${prefix[layout]}.${layer}.weight`);
        expect(difference(merged, golden.get(`merged.weight.${layer}`))).toBeLessThan(2e-6);
      }
      const untouched = "layers.0.self_attn.k_proj.weight";
      const before = (await readSafetensors(join(source, "model.safetensors"))).tensors;
      expect(weights.get(`${prefix[layout]}.${untouched}`)).toEqual(
        before.get(`${prefix.original}.${untouched}`),
      );
    },
  );

  it("keeps the type that the weights are stored in, rounded once", async () => {
    const half = await tinyCheckpoint(join(folder, "half"));
    const path = join(half, "model.safetensors");
    const { tensors } = await readSafetensors(path);
    for (const [name, stored] of tensors) {
      if (stored.dtype === "F32") tensors.set(name, fromFloat32(toFloat32(stored), stored.shape, "BF16"));
    }
    await writeSafetensors(path, tensors);
    const [wide, narrow] = [await exported(lora, {}), await exported(lora, { from: half })];
    const name = "language_model.model.layers.0.self_attn.q_proj.weight";
    const expected = wide.weights.get(name)!;
    expect(narrow.weights.get(name)).toEqual(fromFloat32(toFloat32(expected), expected.shape, "BF16"));
  });

  it("is the same from a run's policy.safetensors, with the alpha that is named", async () => {
    const { tensors } = await readSafetensors(join(lora, "adapter_model.safetensors"));
    const policy = [...tensors].map(([name, value]) => {
      return [name.replace("base_model.model.", "").replace(".weight", ""), value] as const;
    });
    const path = join(folder, "policy.safetensors");
    await writeSafetensors(path, new Map(policy));
    const [fromFolder, fromFile] = [await exported(lora, {}), await exported(path, { alpha: 8 })];
    expect(digestOf(fromFile.weights)).toBe(digestOf(fromFolder.weights));
    expect(digestOf((await exported(path, {})).weights)).not.toBe(digestOf(fromFolder.weights));
  });
});

describe("an adapter beside the weights", () => {
  it("has the layout's own layer names, and gives the merged weights when merged later", async () => {
    const merged = await exported(lora, { layout: "transformers" });
    const apart = await exported(lora, { layout: "transformers", merge: false });
    const keys = [
      ...(await readSafetensors(join(apart.out, "adapter/adapter_model.safetensors"))).tensors.keys(),
    ];
    expect(keys).toContain("base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_A.weight");
    expect(keys).toHaveLength(8);
    const config = JSON.parse(await readFile(join(apart.out, "adapter/adapter_config.json"), "utf8"));
    expect(config).toMatchObject({ r: 4, lora_alpha: 8 });
    expect(config.target_modules).toContain("model.language_model.layers.1.self_attn.v_proj");
    const later = await exported(join(apart.out, "adapter"), { layout: "transformers", from: apart.out });
    expect(digestOf(later.weights)).toBe(digestOf(merged.weights));
    expect(Object.keys((await readPeftAdapter(join(apart.out, "adapter"))).pairs)).toHaveLength(4);
  });
});

describe("whole weights of a policy", () => {
  it("replace the stored ones when merged, and are refused beside them", async () => {
    const { tensors } = await readSafetensors(join(source, "model.safetensors"));
    const name = "gen_head.vision_head.bias";
    const changed = fromFloat32(
      toFloat32(tensors.get(name)!).map((value) => value + 1),
      [128],
    );
    const path = join(folder, "whole.safetensors");
    await writeSafetensors(path, new Map([[name, changed]]));
    const { weights } = await exported(path, {});
    expect(digestOf(weights)).toBe(digestOf(tensors.set(name, changed)));
    await expect(exported(path, { merge: false })).rejects.toMatchObject({
      code: "EASEL_JANUS_EXPORT_IMPOSSIBLE",
    });
  });

  it("that do not fit are all listed", async () => {
    const path = join(folder, "foreign.safetensors");
    const tensor: HostTensor = { dtype: "F32", shape: [2], bytes: new Uint8Array(8) };
    const pair: HostTensor = { dtype: "F32", shape: [1, 2], bytes: new Uint8Array(8) };
    const tall: HostTensor = { ...pair, shape: [2, 1] };
    const names = ["gen_head.vision_head.bias", "somewhere.weight"];
    const lists = new Map(names.map((name) => [name, tensor]));
    lists.set("language_model.lm_head.lora_A", pair).set("language_model.lm_head.lora_B", tall);
    await writeSafetensors(path, lists);
    const failure = await exported(path, {}).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "EASEL_JANUS_ADAPTER_MISMATCH" });
    expect(String(failure)).toMatch(/3 differences/);
    expect(String(failure)).toMatch(/gen_head.vision_head.bias is \[128\]/);
    expect(String(failure)).toMatch(/unknown: somewhere.weight/);
    expect(String(failure)).toMatch(/lm_head.weight is \[512,64\] .* by \[2,2\]/);
  });
});
