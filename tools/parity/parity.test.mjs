// The whole check on the repository's own reference folder, and what it says of a folder that is wrong: numbers beyond their
// tolerance, tensors, weights and files that are missing.
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fromFloat32, readSafetensors, startEngine, toFloat32, writeSafetensors } from "@easel/engine";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeOwnCopy } from "./own-copy.mjs";
import { fixedFiles } from "./reference-folder.mjs";
import { checkFolder, sections } from "./run.mjs";

let root;
let whole;

beforeAll(async () => {
  await startEngine();
  root = await mkdtemp(join(tmpdir(), "easel-parity-test-"));
  whole = join(root, "whole");
  await writeOwnCopy(whole);
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A copy of the folder in which one file's tensors were edited. */
async function damaged(name, file, edit) {
  const folder = join(root, name);
  await cp(whole, folder, { recursive: true });
  const path = join(folder, file);
  const { tensors } = await readSafetensors(path);
  edit(tensors);
  await writeSafetensors(path, tensors);
  return folder;
}

/** Adds `by` to the first value of a tensor. */
function shift(tensors, name, by) {
  const stored = tensors.get(name);
  const values = toFloat32(stored);
  values[0] += by;
  tensors.set(name, fromFloat32(values, stored.shape, stored.dtype));
}

const failures = (outcomes) => outcomes.filter(({ ok }) => !ok);

describe("the repository's own folder", () => {
  it("is within tolerance in every section", async () => {
    const { ok, outcomes } = await checkFolder(whole);
    expect(failures(outcomes).map(({ line }) => line)).toEqual([]);
    expect(ok).toBe(true);
    expect(new Set(outcomes.map(({ section }) => section))).toEqual(
      new Set(sections.map(({ name }) => name)),
    );
  }, 300_000);
});

describe("a model of other sizes", () => {
  it("is within tolerance in every section: shared key heads, another base and epsilon, three layers, guidance 3.5", async () => {
    const folder = fileURLToPath(new URL("../../packages/janus/fixtures/janus-grouped/", import.meta.url));
    const { outcomes } = await checkFolder(folder);
    expect(failures(outcomes).map(({ line }) => line)).toEqual([]);
    expect(outcomes.length).toBeGreaterThan(140);
  }, 300_000);
});

describe("a folder that is wrong", () => {
  it("fails where a number is beyond its tolerance, and only there", async () => {
    const file = "expected/forward.safetensors";
    const folder = await damaged("number", file, (tensors) => shift(tensors, "text.logits", 3e-4));
    const { ok, outcomes } = await checkFolder(folder, { only: ["forward"] });
    expect(ok).toBe(false);
    expect(failures(outcomes).map(({ quantity }) => quantity)).toEqual([
      "text logits (original)",
      "text logits (hf)",
    ]);
    for (const { line } of failures(outcomes)) expect(line).toContain(`${file}: text.logits is off by 3.`);
  });

  it("names a tensor that is missing, and the sections that need it", async () => {
    const file = "expected/grpo.safetensors";
    const folder = await damaged("tensor", file, (tensors) => tensors.delete("kl"));
    const { ok, outcomes } = await checkFolder(folder, { only: ["files", "grpo"] });
    expect(ok).toBe(false);
    const lines = failures(outcomes).map(({ line }) => line);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain(`${file}: kl: got "missing"`);
    expect(lines[1]).toContain(`k3 of each token`);
    expect(lines[1]).toContain(`${file} lacks the tensor kl`);
  });

  it("fails where a weight differs between the layouts, and names it", async () => {
    const name = "language_model.model.layers.1.mlp.up_proj.weight";
    const folder = await damaged("weight", "original/model.safetensors", (tensors) =>
      shift(tensors, name, 1e-3),
    );
    const { outcomes } = await checkFolder(folder, { only: ["layouts"] });
    expect(failures(outcomes)).toHaveLength(1);
    expect(failures(outcomes)[0].line).toContain(name);
  });

  it("names a weight that is missing", async () => {
    const name = "gen_head.vision_head.bias";
    const folder = await damaged("checkpoint", "original/model.safetensors", (tensors) =>
      tensors.delete(name),
    );
    const { outcomes } = await checkFolder(folder, { only: ["ops"] });
    expect(failures(outcomes)[0].line).toContain(`missing: ${name}`);
  });

  it("does not pass over a tensor that nothing looks at", async () => {
    const folder = await damaged("extra", "expected/ops.safetensors", (tensors) =>
      tensors.set("new.y", fromFloat32(new Float32Array(2), [2], "F32")),
    );
    const { outcomes } = await checkFolder(folder, { only: ["ops"] });
    expect(failures(outcomes).map(({ line }) => line)).toEqual([expect.stringContaining("new.y")]);
  });
});

describe("the command", () => {
  const run = (...args) =>
    new Promise((resolve) => {
      const main = fileURLToPath(new URL("main.mjs", import.meta.url));
      execFile(process.execPath, [main, ...args], (error, stdout, stderr) => {
        resolve({ code: error?.code ?? 0, stdout, stderr });
      });
    });

  it("ends with 0 when all is within, with 1 and the name of what is missing otherwise", async () => {
    const good = await run(whole, "--only", "files", "--only", "grpo");
    expect(good.stderr).toBe("");
    expect(good.code).toBe(0);
    expect(good.stdout).toMatch(/ok {2}grpo +k3 of each token +\d\.\de-\d+ {2}of \d/);
    const broken = join(root, "file");
    await cp(whole, broken, { recursive: true });
    await rm(join(broken, "expected/greedy.safetensors"));
    const bad = await run(broken, "--only", "files", "--only", "grpo");
    expect(bad.code).toBe(1);
    expect(bad.stdout).toContain("expected/greedy.safetensors: missing");
  }, 120_000);

  it("says of an empty folder what is missing, file by file, and why nothing else was computed", async () => {
    const empty = join(root, "empty");
    await mkdir(empty);
    const { code, stdout, stderr } = await run(empty);
    expect([code, stderr]).toEqual([1, ""]);
    for (const file of fixedFiles) expect(stdout).toContain(`        ${file}: missing\n`);
    expect(stdout).toContain("this needs the checkpoint in original/, which did not load");
    expect(stdout).toContain("the folder lacks hf/ and tokenizer/");
    expect(stdout).not.toMatch(/undefined|properties/);
  }, 60_000);

  it("checks the folders in a folder, and ends with 1 if one of them is wrong", async () => {
    const above = join(root, "above");
    for (const name of ["a", "b"]) await cp(whole, join(above, name), { recursive: true });
    await writeFile(join(above, "README.md"), "two folders\n");
    await rm(join(above, "b/expected/vq.safetensors"));
    const { code, stdout } = await run(above, "--only", "files");
    expect(code).toBe(1);
    expect(stdout).toMatch(/parity of \S+above\/a\n[\s\S]*all within\nparity of \S+above\/b\n/);
    expect(stdout).toContain("expected/vq.safetensors: missing");
  }, 60_000);

  it("refuses what is no folder with 2", async () => {
    const wrong = [join(root, "nowhere"), fileURLToPath(import.meta.url)];
    const [nowhere, file] = await Promise.all(wrong.map((path) => run(path)));
    expect([nowhere.code, nowhere.stderr]).toEqual([2, expect.stringContaining("there is no folder")]);
    expect([file.code, file.stderr]).toEqual([2, expect.stringContaining("is a file")]);
  });

  it("refuses a section that it does not know with 2", async () => {
    const { code, stderr } = await run(whole, "--only", "nothing");
    expect([code, stderr]).toEqual([2, expect.stringContaining("there is no section nothing")]);
  });
});
