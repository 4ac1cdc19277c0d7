// Waits have names, show how long they have been waiting, and end at their deadline.
import { expect, test } from "vitest";
import { systemClock } from "./clock.js";
import { Waits } from "./waiting.js";

test("a wait is listed while it lasts and gone afterwards", async () => {
  const waits = new Waits(systemClock);
  let finish = (_value: number): void => {};
  const waiting = waits.wait(
    "weights of step 3",
    5_000,
    () =>
      new Promise<number>((resolve) => {
        finish = resolve;
      }),
  );
  expect(waits.list()).toMatchObject([{ name: "weights of step 3" }]);
  expect(waits.list()[0]?.leftMs).toBeGreaterThan(4_000);
  finish(7);
  expect(await waiting).toBe(7);
  expect(waits.list()).toEqual([]);
});

test("at its deadline a wait fails by name, even when the work never listens", async () => {
  const waits = new Waits(systemClock);
  let told: AbortSignal | null = null;
  const waiting = waits.wait("a score that never comes", 30, (signal) => {
    told = signal;
    return new Promise(() => {});
  });
  await expect(waiting).rejects.toMatchObject({
    code: "EASEL_BUS_WAIT_DEADLINE",
    message: expect.stringContaining("a score that never comes"),
  });
  expect((told as AbortSignal | null)?.aborted).toBe(true);
  expect(waits.list()).toEqual([]);
});

test("a failure of the work is passed on as it is", async () => {
  const waits = new Waits(systemClock);
  const failing = waits.wait("x", 1_000, () => Promise.reject(new RangeError("no")));
  await expect(failing).rejects.toThrow(RangeError);
  expect(waits.list()).toEqual([]);
});
