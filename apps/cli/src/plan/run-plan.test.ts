// `easel plan` as a user meets it: sizes found where they are, verdicts in words, and no figure of a GPU called measured.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { plannedModel } from "./planned-model.js";
import { bytesText, countText, timeText } from "./quantities.js";
import { runPlan } from "./run-plan.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const nano = join(root, "assets/janus-nano");
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-plan-command-"));
});
afterAll(() => rm(folder, { recursive: true }));

it("finds sizes in a folder, in a config.json, or by a known name where there is no folder", async () => {
  expect((await plannedModel(nano)).config.language.hidden).toBe(128);
  expect((await plannedModel(join(nano, "config.json"))).config.language.hidden).toBe(128);
  expect((await plannedModel("models/Janus-Pro-7B")).config.language.hidden).toBe(4096);
  expect((await plannedModel(join(folder, "janus-pro-1b-mine"))).config.language.layers).toBe(24);
  await expect(plannedModel("models/other")).rejects.toMatchObject({ code: "EASEL_PLAN_MODEL" });
});

it("says for a card what fits, and that it is estimated", async () => {
  const text = await runPlan(join(root, "configs/got-r1-7b.yaml"), { card: "48GB", set: [] });
  expect(text).toContain("none measured on a GPU");
  expect(text).toMatch(/learner alone fits .* rollout worker alone fits .* both on one DOES NOT FIT/);
  const more = await runPlan(join(root, "configs/got-r1-7b.yaml"), {
    card: "48GB",
    set: ["rollout.maxRows=16"],
  });
  expect(more).toMatch(/rollout worker alone DOES NOT FIT/);
});

it("plans on the processor from measured rates, and settings change the figures", async () => {
  const config = join(root, "configs/nano.yaml");
  const figures = async (set: readonly string[]) =>
    JSON.parse(await runPlan(config, { model: nano, set, json: true })) as {
      readonly learner: { readonly bytes: number };
      readonly fits: unknown;
    };
  const plain = await figures([]);
  const small = await figures(["learner.rowsPerPass=8", "learner.recompute=true"]);
  expect(plain.fits).toBeNull();
  expect(small.learner.bytes).toBeLessThan(plain.learner.bytes);
});

it("says that the paper's supervised training does not fit one card's time", async () => {
  const text = await runPlan(join(root, "configs/sft-got-r1-1b.yaml"), { card: "48GB", set: [] });
  expect(text).toMatch(/a card of 48\.0 GB: fits/);
  expect(text).toContain("DOES NOT FIT one device's time");
  const { steps, fits, disk } = JSON.parse(
    await runPlan(join(root, "configs/sft-got-r1-1b.yaml"), { card: "48GB", set: [], json: true }),
  );
  expect([steps, fits]).toEqual([70_000, { trainer: true }]);
  // Two bytes for each of 1.8 billion weights; an adapter of 30 million in four, with two moments in its state.
  expect(disk.checkpointBf16 / 1e9).toBeCloseTo(3.5, 1);
  expect(disk.adapter / 1e6).toBeCloseTo(121, 0);
  expect(disk.state / 1e6).toBeCloseTo(363.5, 0);
  const short = await runPlan(join(root, "configs/sft-got-r1-1b.yaml"), {
    card: "48GB",
    set: ["training.steps=1000", "training.laterStages=[]"],
  });
  expect(short).toMatch(/ for 1000 updates/);
  expect(short).not.toContain("DOES NOT FIT");
});

it("names a configuration that is not there, and a card without unit", async () => {
  await expect(runPlan(join(folder, "no.yaml"), { set: [] })).rejects.toMatchObject({
    code: "EASEL_CONFIG_UNREADABLE",
  });
  const config = join(folder, "small.yaml");
  await writeFile(config, "run: { name: small }\n");
  await expect(runPlan(config, { card: "48", model: nano, set: [] })).rejects.toMatchObject({
    code: "EASEL_PLAN_CARD",
  });
});

it.each(["nano-sft.yaml", "nano-vq.yaml"])("names what it plans for, where %s is given", async (name) => {
  await expect(runPlan(join(root, "configs", name), { set: [] })).rejects.toThrow(
    /synthetic world.*Name settings of `easel train`/s,
  );
});

it("writes quantities as people read them", () => {
  expect([84e6, 7.06e9, 900].map(bytesText)).toEqual(["84 MB", "7.1 GB", "1 kB"]);
  expect([512, 1.03e6, 1.65e9].map(countText)).toEqual(["512", "1.03 million", "1.65 billion"]);
  expect([3200, 61 * 60e3, 16 * 86_400e3].map(timeText)).toEqual(["3.2 s", "61 min", "16 days"]);
});
