// The engine starts without a word on standard error, and what is not libtensorflow's usual remark still gets there.
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { addonFile } from "./environment.js";
import { withoutRemarks } from "./quiet-load.js";

const run = promisify(execFile);
const engine = import.meta.resolve("@easel/engine");
const loaderFile = join(dirname(addonFile()), "easel-engine-load.node");
const place = mkdtempSync(join(tmpdir(), "easel-quiet-"));
const computes = `
  const { startEngine, tf } = await import(${JSON.stringify(engine)});
  await startEngine({ backend: "tensorflow", threads: 1 });
  console.log((await tf.matMul([[1, 2]], [[3], [4]]).data())[0]);`;

afterAll(() => rmSync(place, { recursive: true, force: true }));

async function node(code: string, env: Record<string, string> = {}) {
  const { TF_CPP_MIN_LOG_LEVEL: _, ...own } = process.env;
  return await run(process.execPath, ["--input-type=module", "-e", code], { env: { ...own, ...env } });
}

/** A shared library whose static initialiser runs `statement`, as libtensorflow's do. */
function library(name: string, statement: string): string {
  const file = join(place, `${name}.so`);
  const source = `#include <cstdio>\n#include <cstdlib>\nstatic const int ran = [] { ${statement} return 1; }();\n`;
  writeFileSync(join(place, `${name}.cc`), source);
  const cxx = process.env.CXX || "g++";
  execFileSync(cxx, ["-shared", "-fPIC", "-o", file, join(place, `${name}.cc`)]);
  return file;
}

const loading = (file: string): string => `
  import { createRequire } from "node:module";
  const { load } = createRequire(${JSON.stringify(engine)})(${JSON.stringify(loaderFile)});
  console.log(JSON.stringify(load(${JSON.stringify(file)})));
  console.error("afterwards");`;

test("the engine starts silently, and computes", async () => {
  expect(await node(computes)).toEqual({ stdout: "11\n", stderr: "" });
});

test("without its loader the engine starts all the same", async () => {
  const alone = join(place, "easel-engine.node");
  symlinkSync(addonFile(), alone);
  expect(await node(computes, { EASEL_ENGINE_ADDON: alone })).toMatchObject({ stdout: "11\n" });
});

test("libtensorflow's remarks on being loaded are left out, anything else stays", () => {
  const remarks =
    "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n" +
    "I0000 00:00:1795453501.432770   27111 port.cc:153] oneDNN custom operations are on. You may see more.\n";
  expect(withoutRemarks(remarks)).toBe("");
  const warning = "W0000 00:00:1795453501.432770   27111 cpu.cc:20] something is wrong\n";
  expect(withoutRemarks(`${remarks}${warning}`)).toBe(warning);
  expect(withoutRemarks("cut off")).toBe("cut off");
});

describe("the loader", () => {
  test("was built beside the addon", () => {
    expect(existsSync(loaderFile)).toBe(true);
  });

  test("returns what was written, however much, and gives standard error back", async () => {
    const file = library("talks", 'for (int i = 0; i < 100000; i++) std::fputs("0123456789", stderr);');
    const { stdout, stderr } = await node(loading(file));
    expect(JSON.parse(stdout)).toEqual({ written: "0123456789".repeat(100_000), failure: null });
    expect(stderr).toBe("afterwards\n");
  });

  test("tells why a library cannot be loaded", async () => {
    const { stdout, stderr } = await node(loading(join(place, "none.so")));
    expect(JSON.parse(stdout)).toEqual({
      written: "",
      failure: expect.stringMatching(/none\.so.*No such file/),
    });
    expect(stderr).toBe("afterwards\n");
  });

  test("lets the last words of a process that dies meanwhile through", async () => {
    const file = library("dies", 'std::fputs("no such processor\\n", stderr); std::abort();');
    await expect(node(loading(file))).rejects.toMatchObject({
      signal: "SIGABRT",
      stderr: "no such processor\n",
    });
  });
});
