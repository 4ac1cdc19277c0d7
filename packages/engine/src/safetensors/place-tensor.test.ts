// Tensors that go from a file's bytes to the device: the values of the file, exactly, and nothing that shares its bytes.
import { beforeAll, describe, expect, it } from "vitest";
import { isStoredHalf, storeHalf } from "../half-storage.js";
import { memory } from "../memory.js";
import { startEngine } from "../start-engine.js";
import { tf } from "../tf.js";
import type { HostTensor } from "./host-tensor.js";
import { placeTensor } from "./place-tensor.js";
import { fromFloat32, toFloat32, toTensor } from "./tensor-conversion.js";

beforeAll(async () => {
  await startEngine();
});

/** Every bit pattern of 16 bits. */
const patterns = new Uint8Array(Uint16Array.from({ length: 65_536 }, (_, i) => i).buffer);

describe("a placed tensor", () => {
  it.each(["BF16", "F16"] as const)("has every value of %s, to the bit", (dtype) => {
    const stored: HostTensor = { dtype, shape: [256, 256], bytes: patterns };
    const expected = toFloat32(stored);
    for (const keepHalf of [false, true]) {
      const placed = placeTensor(stored, { keepHalf });
      expect(isStoredHalf(placed)).toBe(keepHalf && dtype === "BF16");
      const found = placed.dataSync();
      expect(found.every((value, i) => Object.is(value, expected[i]))).toBe(true);
      placed.dispose();
    }
  });

  it("takes the bytes of its type, all of them on the device at once, and none of the file's buffer", () => {
    for (const [dtype, keepHalf, sizeBytes] of [
      ["F32", false, 4000],
      ["F32", true, 4000],
      ["BF16", false, 4000],
      ["BF16", true, 2000],
    ] as const) {
      const stored = fromFloat32(
        Float32Array.from({ length: 1000 }, (_, i) => i),
        [10, 100],
        dtype,
      );
      const expected = toFloat32(stored);
      const before = memory().sizeBytes;
      const placed = placeTensor(stored, { keepHalf });
      expect(memory().sizeBytes - before).toBe(sizeBytes);
      stored.bytes.fill(255);
      expect(placed.shape).toEqual([10, 100]);
      expect(placed.dataSync()).toEqual(expected);
      placed.dispose();
      expect(memory().sizeBytes).toBe(before);
    }
  });

  it("of other types is what the ordinary conversion gives", () => {
    const stored: HostTensor = { dtype: "I16", shape: [2], bytes: Uint8Array.of(1, 0, 255, 255) };
    expect(placeTensor(stored).dataSync()).toEqual(toTensor(stored).dataSync());
  });

  it("is refused when its bytes do not fit its shape", () => {
    const stored: HostTensor = { dtype: "F32", shape: [3], bytes: new Uint8Array(8) };
    expect(() => placeTensor(stored)).toThrow(expect.objectContaining({ code: "EASEL_ENGINE_TENSOR_SIZE" }));
  });
});

it("a tensor's storage can be asked for", () => {
  const x = tf.ones([4]);
  expect([isStoredHalf(x), isStoredHalf(storeHalf(x)), isStoredHalf(tf.variable(x))]).toEqual([
    false,
    true,
    false,
  ]);
});
