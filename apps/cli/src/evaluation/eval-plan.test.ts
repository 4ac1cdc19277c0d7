// What the options of `easel eval` mean, and which of them are refused. Nothing is drawn here.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileRunConfig } from "@easel/config";
import { writeEvaluation } from "@easel/runs";
import { randomFrom } from "@easel/shapeworld";
import { summarise } from "@easel/training";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { evalPlan } from "./eval-plan.js";

let folder = "";
let root = "";
let start = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-eval-plan-"));
  [root, start] = [join(folder, "runs"), join(folder, "start")];
  await mkdir(start);
  await writeFile(join(start, "config.json"), "{}");
});
afterEach(() => rm(folder, { recursive: true }));

/** A run that trained an adapter from `start`, with a last checkpoint and, if told, a best one. */
async function madeRun(best: boolean): Promise<string> {
  const run = join(root, "2026-11-23-1542-nano-1");
  const { model, rollout, ...rest } = compileRunConfig({});
  const lora = { rank: 4, alpha: 12, targets: null };
  const config = {
    ...rest,
    model: { ...model, checkpoint: start, lora },
    rollout: { ...rollout, guidanceScale: 5, textCap: 99 },
  };
  const last = join(run, "checkpoints", "e0001-s00000200");
  const best150 = join(run, "best", "e0001-s00000150");
  for (const path of best ? [last, best150] : [last]) {
    await mkdir(path, { recursive: true });
    await writeFile(join(path, "policy.safetensors"), "weights");
  }
  await writeFile(join(run, "config.json"), JSON.stringify(config));
  if (best) await writeFile(join(best150, "dev.json"), JSON.stringify({ epoch: 1, step: 150, total: 0.8 }));
  return run;
}

describe("what is measured", () => {
  it("is a checkpoint alone", async () => {
    const plan = await evalPlan({ root, checkpoint: start });
    expect(plan.models).toEqual([{ name: start, checkpoint: start, policyFile: null, alpha: undefined }]);
    expect(plan.pairs).toEqual([]);
  });

  it("is a checkpoint before and after a policy, whose alpha its run knows", async () => {
    const run = await madeRun(false);
    const policy = join(run, "checkpoints", "e0001-s00000200", "policy.safetensors");
    const plan = await evalPlan({ root, checkpoint: start, policy });
    expect(plan.models.map(({ policyFile, alpha }) => [policyFile, alpha])).toEqual([
      [null, undefined],
      [policy, 12],
    ]);
    expect(plan.pairs).toEqual([{ before: 0, after: 1, names: { before: "before", after: "after" } }]);
    const given = await evalPlan({ root, checkpoint: start, policy, loraAlpha: 7 });
    expect(given.models[1]?.alpha).toBe(7);
  });

  it("is a run's checkpoint against its start, the baseline first", async () => {
    const run = await madeRun(false);
    const trained = join(run, "checkpoints", "e0001-s00000200");
    const plan = await evalPlan({ root, checkpoint: trained, against: start });
    expect(plan.models.map(({ checkpoint, policyFile }) => [checkpoint, policyFile])).toEqual([
      [start, null],
      [start, join(trained, "policy.safetensors")],
    ]);
    expect(plan.lines).toEqual([`A, the baseline: ${start}`, `B, measured against it: ${trained}`]);
  });

  it("is a checkpoint against a saved evaluation, which is not measured again", async () => {
    const path = join(folder, "saved.json");
    const ceiling = summarise([], randomFrom(1));
    await writeEvaluation(path, { name: "elsewhere", split: "dev", promptSeed: 1, ceiling, drawn: [] });
    const plan = await evalPlan({ root, checkpoint: start, against: path });
    expect(plan.saved?.name).toBe("elsewhere");
    expect(plan.models.map(({ checkpoint }) => checkpoint)).toEqual([start]);
    await expect(
      evalPlan({ root, checkpoint: start, against: path, againstPolicy: "x" }),
    ).rejects.toMatchObject({ code: "EASEL_CLI_OPTION" });
  });

  it("is a run's start, last and best on dev, in the way the run drew", async () => {
    const run = await madeRun(true);
    const plan = await evalPlan({ root, run: "last" });
    expect(plan.models.map(({ policyFile }) => policyFile)).toEqual([
      null,
      join(run, "checkpoints", "e0001-s00000200", "policy.safetensors"),
      join(run, "best", "e0001-s00000150", "policy.safetensors"),
    ]);
    expect(plan.models.map(({ alpha }) => alpha)).toEqual([undefined, 12, 12]);
    expect(plan.pairs.map(({ names }) => names)).toEqual([
      { before: "start", after: "last" },
      { before: "start", after: "best on dev" },
    ]);
    expect(plan.lines.join()).toContain("after update 150, chosen by its total of 0.800 on the dev prompts");
    expect(plan.defaults).toMatchObject({ guidance: 5, textCap: 99, seed: 1 });
  });

  it("is start and last alone where no best was kept, and says so", async () => {
    await madeRun(false);
    const plan = await evalPlan({ root, run: "last" });
    expect(plan.pairs).toHaveLength(1);
    expect(plan.lines.join()).toContain("best on dev: none was kept");
  });
});

describe("what is refused", () => {
  it.each([
    ["nothing", {}, /Pass --checkpoint with a checkpoint's folder, or --run/],
    ["a run and a checkpoint", { run: "last", checkpoint: "x" }, /or leave out --run/],
    [
      "a policy over no baseline",
      { checkpoint: "x", againstPolicy: "y" },
      /--against-policy needs --against/,
    ],
  ])("%s", async (_, options, said) => {
    await expect(evalPlan({ root, ...options })).rejects.toThrow(said);
  });

  it("a policy over a policy", async () => {
    const checkpoint = join(await madeRun(false), "checkpoints", "e0001-s00000200");
    await expect(evalPlan({ root, checkpoint, policy: "other" })).rejects.toThrow(/is a policy itself/);
  });

  it("a policy that lies in no run, alone", async () => {
    const lonely = join(folder, "lonely");
    await mkdir(lonely);
    await writeFile(join(lonely, "policy.safetensors"), "weights");
    await expect(evalPlan({ root, checkpoint: lonely })).rejects.toThrow(/lies in no run/);
    const peft = join(folder, "adapter");
    await mkdir(peft);
    await writeFile(join(peft, "adapter_config.json"), "{}");
    const adapted = await evalPlan({ root, checkpoint: start, policy: peft });
    expect(adapted.models[1]?.policyFile).toBe(peft);
    const over = await evalPlan({ root, checkpoint: start, policy: lonely });
    expect(over.models[1]?.policyFile).toBe(join(lonely, "policy.safetensors"));
  });
});
