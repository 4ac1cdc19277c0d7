// The two stages one after the other, as a user has them: `easel data prepare` on a release, `easel sft` on its result from a
// checkpoint in the original layout, then `easel train` from what that wrote, with the real programs. Frozen weights stay in bfloat16.
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatObject } from "@easel/chain";
import { encodePng } from "@easel/shapeworld";
import { findNatsServer, type SpawnedProcess, spawnProcess } from "@easel/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";

const easel = fileURLToPath(new URL("../../apps/cli/dist/main.js", import.meta.url));
const tiny = fileURLToPath(new URL("../../packages/janus/fixtures/janus-tiny/", import.meta.url));
const { EASEL_TENSORFLOW_DIR, EASEL_CACHE_DIR, EASEL_ENGINE_ADDON } = process.env;
let folder: string;
let started: SpawnedProcess[];

beforeEach(async () => {
  started = [];
  folder = await mkdtemp(join(tmpdir(), "easel-stages-"));
});

afterEach(async () => {
  for (const one of started) await one.stop();
  await rm(folder, { recursive: true, force: true });
});

async function run(...args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const one = spawnProcess({
    command: process.execPath,
    args: [easel, ...args],
    cwd: folder,
    env: {
      EASEL_NATS_SERVER: await findNatsServer(),
      ...(EASEL_TENSORFLOW_DIR === undefined ? {} : { EASEL_TENSORFLOW_DIR }),
      ...(EASEL_CACHE_DIR === undefined ? {} : { EASEL_CACHE_DIR }),
      ...(EASEL_ENGINE_ADDON === undefined ? {} : { EASEL_ENGINE_ADDON }),
    },
  });
  started.push(one);
  const { code } = await one.exited;
  return { code, output: one.output };
}

/** The reference model as it would be released; its pictures have 64 pixels a side. */
async function checkpoint(): Promise<void> {
  for (const part of ["original", "tokenizer"])
    await cp(join(tiny, part), join(folder, "model"), { recursive: true });
  const file = join(folder, "model/config.json");
  const config = JSON.parse(await readFile(file, "utf8"));
  config.gen_vision_config.params.image_size = 64;
  await writeFile(file, JSON.stringify(config));
}

/** As GoT data is released: other names of fields, a colour after a box, and one row that is no example. */
async function release(): Promise<void> {
  const rows = [0, 1, 2, 3].map(async (at) => {
    const pixels = new Uint8Array(80 * 64 * 3).fill(30 + 60 * at);
    await writeFile(join(folder, `${at}.png`), encodePng({ width: 80, height: 64, data: pixels }));
    const chain = `A ${formatObject("red circle", { x1: 300, y1: 100 * at, x2: 700, y2: 900 })}`;
    return { caption: `a red circle ${at}`, got: `${chain} (red)`, path: `${at}.png` };
  });
  const all = [...(await Promise.all(rows)), { caption: "no chain", path: "0.png" }];
  await writeFile(join(folder, "release.json"), JSON.stringify(all));
}

const sft = `
model: { checkpoint: model, weights: bfloat16, lora: { rank: 4, alpha: 4 } }
data: { file: data.jsonl, devShare: 0 }
training: { steps: 4, batch: 4, rowsPerPass: 2, learningRate: 0.003, warmupSteps: 0, matmul: f32, reportEvery: 1 }
samples: { every: 0 }
`;

const small = [
  "run.name=second-stage",
  "model.checkpoint=sft/checkpoint",
  "model.weights=bfloat16",
  "model.lora={rank: 4, alpha: 4, targets: [q_proj]}",
  "world.trainPrompts=4",
  "world.devPrompts=2",
  "world.testPrompts=2",
  "rollout.slots=2",
  "rollout.textCap=12",
  "grpo.groupSize=2",
  "grpo.batchGroups=2",
  "learner.steps=1",
  "learner.warmupSteps=0",
  "learner.matmul=f32",
  "evaluation.devSamples=2",
  "evaluation.testSamples=2",
];

test("what the first stage writes is where the second starts", async () => {
  await checkpoint();
  await release();
  const fields = ["prompt=caption", "chain=got", "image=path"].flatMap((field) => ["--field", field]);
  const from = ["release.json", "--source", "made", "--out", "data.jsonl"];
  const prepared = await run("data", "prepare", "got", ...from, ...fields);
  expect(prepared.code, prepared.output).toBe(0);
  expect(prepared.output).toMatch(/5 rows read, 4 kept, 1 left out/);
  await writeFile(join(folder, "sft.yaml"), sft);
  const first = await run("sft", "--config", "sft.yaml", "--out", "sft");
  expect(first.code, first.output).toBe(0);
  expect(first.output).toMatch(/4 examples, 4 pictures encoded/);
  const losses = [...first.output.matchAll(/^step \d\/4 {2}chain ([\d.]+)/gm)].map(([, loss]) =>
    Number(loss),
  );
  expect(losses).toHaveLength(4);
  expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);

  const second = await run("train", ...small.flatMap((one) => ["--set", one]));
  expect(second.code, second.output).toBe(0);
  expect(second.output).toMatch(/step 1: mean reward/);
  const [made = ""] = await readdir(join(folder, "runs"));
  const metrics = await readFile(join(folder, "runs", made, "metrics.jsonl"), "utf8");
  expect(metrics).toContain('"kind":"step"');
}, 300_000);
