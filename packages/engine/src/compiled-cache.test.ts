// What was compiled is found again by the next process, and a damaged file is never loaded.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { CompiledCache, forgetUnused } from "./compiled-cache.js";

const place = mkdtempSync(join(tmpdir(), "easel-compiled-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

const fresh = (): string => mkdtempSync(join(place, "c-"));
const put = (folder: string, name: string, content: string): void =>
  writeFileSync(join(folder, name), content);

describe("the folder", () => {
  test("keeps what is sealed, and deletes what is damaged, cut off, or never was sealed", () => {
    const folder = fresh();
    const cache = new CompiledCache(folder);
    for (const name of ["a.pb", "b.pb", "c.pb"]) put(folder, name, `content of ${name}`);
    cache.seal();
    put(folder, "b.pb", "content of B.pb");
    put(folder, "c.pb", "content");
    put(folder, "d.pb", "written by a process that was killed");
    new CompiledCache(folder);
    expect(readdirSync(folder).sort()).toEqual(["a.pb", "a.pb.sha256"]);
  });

  test("keeps the newest within its size", () => {
    const folder = fresh();
    const cache = new CompiledCache(folder);
    for (const [i, name] of ["old.pb", "mid.pb", "new.pb"].entries()) {
      put(folder, name, "0123456789");
      utimesSync(join(folder, name), 1000 + i, 1000 + i);
    }
    cache.seal();
    new CompiledCache(folder, 25);
    expect(readdirSync(folder).filter((name) => name.endsWith(".pb"))).toEqual(["mid.pb", "new.pb"]);
  });
});

test("folders that nothing has used for sixty days go, the one in use stays", () => {
  const day = 24 * 3600 * 1000;
  const root = fresh();
  const [used, recent, old] = ["used", "recent", "old"].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  for (const [folder, days] of [
    [used, 100],
    [recent, 59],
    [old, 61],
  ] as const) {
    new CompiledCache(folder);
    put(folder, "a.pb", "compiled");
    utimesSync(folder, 1e9 - days * 24 * 3600, 1e9 - days * 24 * 3600);
  }
  put(root, "a file of somebody else", "stays");
  forgetUnused(used, 1e12);
  expect(readdirSync(root).sort()).toEqual(["a file of somebody else", "recent", "used"]);
  forgetUnused(used, 1e12 + 2 * day);
  expect(readdirSync(root)).not.toContain("recent");
});

describe("processes", { timeout: 240_000 }, () => {
  /** Other functions before it must not change what it is found by. */
  const program = (before: string): string => `
    const { cachedAttention, jit, loop, sharePrefix, startEngine, tf } = await import(${JSON.stringify(import.meta.resolve("@easel/engine"))});
    await startEngine({ threads: 2 });
    ${before}
    const step = (x) => loop({
      state: { i: tf.scalar(0, "int32"), y: x },
      while: (s) => s.i.less(tf.scalar(4, "int32")),
      body: (s) => ({ i: s.i.add(tf.scalar(1, "int32")), y: tf.softmax(tf.matMul(s.y, x)).add(s.y) }),
    }).y;
    const out = jit(step, { name: "steps", compile: "xla" })(tf.randomNormal([24, 24], 0, 1, "float32", 1));
    console.log(Buffer.from(out.dataSync().slice().buffer).toString("base64"));`;

  const run = async (cache: string, before = "", code = program(before)): Promise<string> => {
    const env = { ...process.env, EASEL_COMPILED_CACHE: cache };
    const args = ["--input-type=module", "-e", code];
    return (await promisify(execFile)(process.execPath, args, { env })).stdout;
  };
  const entries = (root: string): string[] =>
    readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".pb"))
      .map((name) => join(root, name));
  const state = (file: string): string => `${file} ${readFileSync(file).toString("base64")}`;

  // A program that is loaded may call a kernel otherwise than one that was just compiled, inside a loop and outside of one.
  test.each([
    ["in a loop", "attend(s.y)", "y"],
    ["outside of one", "s.y", "attend(y)"],
  ])("so it is with the engine's own kernel %s", async (_where, inside, outside) => {
    const root = fresh();
    const code = program(`
      const attend = (y) => {
        const pairs = { keys: tf.stack([y, y.neg()], 1).expandDims(1), values: tf.stack([y, y.square()], 1).expandDims(1) };
        const prefix = sharePrefix(pairs, { ofRow: tf.range(0, 24, 1, "int32"), first: tf.zeros([24], "int32") });
        return cachedAttention(y.reshape([24, 1, 1, 24]), pairs, tf.scalar(1, "int32"), prefix).reshape([24, 24]);
      };`)
      .replace("tf.softmax(tf.matMul(s.y, x)).add(s.y)", inside)
      .replace("const step = (x) => loop(", "const step = (x) => ((y) => OUTSIDE)(loop(")
      .replace("}).y;", "}).y);")
      .replace("OUTSIDE", outside);
    const compiled = await run(root, "", code);
    expect(entries(root)).toHaveLength(1);
    expect(await run(root, "", code)).toBe(compiled);
    expect(entries(root)).toHaveLength(1);
    expect(await run("off", "", code)).toBe(compiled);
  });

  test("the second uses what the first compiled, bit for bit; a damaged entry is compiled again", async () => {
    const root = fresh();
    const compiled = await run(root);
    const [file] = entries(root) as [string];
    const made = state(file);
    const writtenMs = statSync(file).mtimeMs;
    expect(entries(root)).toHaveLength(1);

    const other = "jit((x) => x.add(1), { name: 'steps' })(tf.scalar(1));";
    expect(await run(root, other)).toBe(compiled);
    expect(entries(root)).toEqual([file]);
    expect(statSync(file).mtimeMs).toBe(writtenMs);

    const bytes = readFileSync(file);
    for (let at = bytes.length >> 1; at < bytes.length; at += 97) bytes[at] = (bytes[at] as number) ^ 0x5a;
    writeFileSync(file, bytes);
    expect(await run(root)).toBe(compiled);
    expect(state(file)).not.toBe(`${file} ${bytes.toString("base64")}`);
    expect(readFileSync(file).length).toBe(Buffer.from(made.split(" ")[1] as string, "base64").length);
  });

  test("without the seals a damaged entry does harm", async () => {
    const root = fresh();
    const compiled = await run(root);
    const [file] = entries(root) as [string];
    const bytes = readFileSync(file);
    for (let at = bytes.length >> 1; at < bytes.length; at += 97) bytes[at] = (bytes[at] as number) ^ 0x5a;
    writeFileSync(file, bytes);
    writeFileSync(`${file}.sha256`, createHash("sha256").update(bytes).digest("hex"));
    const harmed = await run(root).catch(() => "failed");
    expect(harmed).not.toBe(compiled);
  });

  test("a folder that cannot be had costs nothing but time", async () => {
    const blocked = join(fresh(), "file");
    writeFileSync(blocked, "");
    expect(await run(blocked)).toBe(await run("off"));
  });
});
