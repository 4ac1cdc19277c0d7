// A lock between processes: who waits, who may take over from whom.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isStale, withLock } from "./lock.mjs";

const lockPath = () => join(mkdtempSync(join(tmpdir(), "easel-lock-")), "one.lock");

test("two at once take turns, and the second is told that it waits", async () => {
  const path = lockPath();
  const order = [];
  const work = (name) => async () => {
    order.push(`${name} begins`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    order.push(`${name} ends`);
  };
  let told = 0;
  const first = withLock(path, work("first"), { pollMs: 5 });
  const second = withLock(path, work("second"), { pollMs: 5, onWait: () => (told += 1) });
  await Promise.all([first, second]);
  expect(order).toEqual(["first begins", "first ends", "second begins", "second ends"]);
  expect(told).toBe(1);
});

test("a failed piece of work gives the lock back", async () => {
  const path = lockPath();
  await expect(withLock(path, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  await expect(withLock(path, async () => "yes")).resolves.toBe("yes");
});

test("the lock of a process that no longer lives is taken over", async () => {
  const path = lockPath();
  const { hostname } = await import("node:os");
  writeFileSync(path, JSON.stringify({ pid: 2 ** 30, host: hostname() }));
  await expect(withLock(path, async () => "taken")).resolves.toBe("taken");
});

test.each([
  ["a living holder of this machine", { pid: 1, host: "here" }, 0, true, false],
  ["a dead holder of this machine", { pid: 1, host: "here" }, 0, false, true],
  ["a holder of another machine that still touches its file", { pid: 1, host: "there" }, 5_000, false, false],
  ["a holder of another machine that has been silent", { pid: 1, host: "there" }, 31_000, false, true],
  ["a file just being written", null, 10, false, false],
])("%s", (_, holder, ageMs, alive, stale) => {
  expect(isStale(holder, ageMs, "here", () => alive)).toBe(stale);
});
