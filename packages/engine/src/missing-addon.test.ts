// A missing or broken addon is named together with what repairs it.
import { afterAll, beforeAll, expect, test } from "vitest";
import { startEngine } from "./start-engine.js";

const before = process.env.EASEL_ENGINE_ADDON;

beforeAll(() => {
  process.env.EASEL_ENGINE_ADDON = "/nowhere/easel-engine.node";
});

afterAll(() => {
  if (before === undefined) delete process.env.EASEL_ENGINE_ADDON;
  else process.env.EASEL_ENGINE_ADDON = before;
});

test("a missing addon", async () => {
  await expect(startEngine()).rejects.toMatchObject({
    code: "EASEL_ENGINE_ADDON_MISSING",
    message: expect.stringMatching(/\/nowhere\/easel-engine.node.*native\/build\.mjs.*"wasm"/s),
  });
});

test("a file that is no addon", async () => {
  process.env.EASEL_ENGINE_ADDON = new URL("./start-engine.ts", import.meta.url).pathname;
  await expect(startEngine({ backend: "tensorflow" })).rejects.toMatchObject({
    code: "EASEL_ENGINE_ADDON_BROKEN",
  });
});
