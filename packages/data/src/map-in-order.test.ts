import fc from "fast-check";
import { expect, test } from "vitest";
import { collect } from "./collect.js";
import { mapInOrder } from "./map-in-order.js";

async function* from<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values;
}

test("results come in the order of the inputs, with no more calls under way than allowed", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: 3 })), fc.integer({ min: 1, max: 5 }), async (waits, width) => {
      let running = 0;
      let most = 0;
      const results = await collect(
        mapInOrder(from(waits.map((wait, index) => ({ wait, index }))), width, async ({ wait, index }) => {
          running += 1;
          most = Math.max(most, running);
          for (let turn = 0; turn < wait; turn += 1) await Promise.resolve();
          running -= 1;
          return index;
        }),
      );
      expect(results).toEqual(waits.map((_, index) => index));
      expect(most).toBeLessThanOrEqual(width);
    }),
  );
});

test("a failed call ends the stream after the results before it", async () => {
  const seen: number[] = [];
  const run = async (): Promise<void> => {
    const results = mapInOrder(from([0, 1, 2, 3, 4]), 3, async (value) => {
      if (value === 2) throw new Error("two");
      return value;
    });
    for await (const value of results) seen.push(value);
  };
  await expect(run()).rejects.toThrow("two");
  expect(seen).toEqual([0, 1]);
});
