// A GPU that is asked for and not there is named with what it needs; no other device takes its place.
import { expect, test } from "vitest";
import type { Addon } from "./addon.js";
import { deviceOf } from "./device.js";
import { startEngine } from "./start-engine.js";

const seeing = (gpu: boolean): Addon => ({ isUsingGpuDevice: () => gpu }) as unknown as Addon;

test("what the library sees decides unless a device is asked for", () => {
  expect(deviceOf(seeing(true), undefined)).toBe("gpu");
  expect(deviceOf(seeing(false), undefined)).toBe("cpu");
  expect(deviceOf(seeing(false), "cpu")).toBe("cpu");
  expect(deviceOf(seeing(true), "gpu")).toBe("gpu");
});

test("a GPU that is not there is an error with the fix", () => {
  expect(() => deviceOf(seeing(false), "gpu")).toThrowError(
    expect.objectContaining({
      code: "EASEL_ENGINE_NO_GPU",
      message: expect.stringMatching(/sees none.*EASEL_TENSORFLOW_DIR.*and-cuda.*LD_LIBRARY_PATH/),
    }),
  );
});

test("backends without a GPU refuse it, and start without", async () => {
  await expect(startEngine({ backend: "cpu", device: "gpu" })).rejects.toMatchObject({
    code: "EASEL_ENGINE_NO_GPU",
  });
  expect(await startEngine({ backend: "cpu" })).toMatchObject({ device: "cpu" });
});
