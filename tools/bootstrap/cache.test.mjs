// Cache entries are whole or absent, whatever interrupts their making and however many set-ups make them at once.
import { fork } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { cacheRoot, findEntry, provideEntry } from "./cache.mjs";

const newRoot = () => mkdtempSync(join(tmpdir(), "easel-cache-"));
const maker = fileURLToPath(new URL("fixtures/make-entry.mjs", import.meta.url));
const partials = (root) => readdirSync(root).filter((name) => name.startsWith(".partial"));

test("the cache is where the user says, else where the system says", () => {
  expect(cacheRoot({ EASEL_CACHE_DIR: "/a" }, "/home/u")).toBe("/a");
  expect(cacheRoot({ XDG_CACHE_HOME: "/x" }, "/home/u")).toBe(join("/x", "easel"));
  expect(cacheRoot({ XDG_CACHE_HOME: "relative" }, "/home/u")).toBe(join("/home/u", ".cache", "easel"));
  expect(cacheRoot({}, "/home/u")).toBe(join("/home/u", ".cache", "easel"));
});

test("an entry is made once and found after that", async () => {
  const root = newRoot();
  let made = 0;
  const make = async (folder) => {
    made += 1;
    mkdirSync(join(folder, "lib"));
    writeFileSync(join(folder, "lib", "a"), "abc");
  };
  const first = await provideEntry(root, "thing-1", make);
  const second = await provideEntry(root, "thing-1", make);
  expect(second).toBe(first);
  expect(made).toBe(1);
  expect(readFileSync(join(first, "lib", "a"), "utf8")).toBe("abc");
});

test("a failed making leaves no entry and nothing half made", async () => {
  const root = newRoot();
  const make = async (folder) => {
    writeFileSync(join(folder, "a"), "half");
    throw new Error("the network went away");
  };
  await expect(provideEntry(root, "thing-1", make)).rejects.toThrow("the network went away");
  expect(readdirSync(root)).toEqual([]);
});

test("an entry with a damaged file is made again", async () => {
  const root = newRoot();
  const make = async (folder) => writeFileSync(join(folder, "a"), "abc");
  const folder = await provideEntry(root, "thing-1", make);
  truncateSync(join(folder, "a"), 1);
  expect(findEntry(root, "thing-1")).toBeNull();
  await provideEntry(root, "thing-1", make);
  expect(readFileSync(join(folder, "a"), "utf8")).toBe("abc");
});

test.each(["SIGTERM", "SIGKILL"])(
  "a set-up ended by %s leaves no entry, and the next one makes it",
  async (signal) => {
    const root = newRoot();
    const child = fork(maker, [root, "slow"], { stdio: "ignore" });
    await untilTrue(() => partials(root).some((name) => existsSync(join(root, name, "begun"))));
    child.kill(signal);
    await once(child, "exit");
    expect(findEntry(root, "thing-1")).toBeNull();

    const folder = await provideEntry(root, "thing-1", async (partial) =>
      writeFileSync(join(partial, "a"), "abc"),
    );
    expect(findEntry(root, "thing-1")).toBe(folder);
    expect(partials(root)).toEqual([]);
  },
);

test("of two set-ups at once one makes the entry and both use it", async () => {
  const root = newRoot();
  const children = [fork(maker, [root, "quick"]), fork(maker, [root, "quick"])];
  const codes = await Promise.all(children.map(async (child) => (await once(child, "exit"))[0]));
  expect(codes).toEqual([0, 0]);
  expect(readFileSync(join(root, "made.log"), "utf8")).toBe("made\n");
  expect(readdirSync(root).sort()).toEqual(["made.log", "thing-1"]);
});

test("a folder left by a killed set-up is not mistaken for someone else's file", async () => {
  const root = newRoot();
  appendFileSync(join(root, ".partial-notes"), "mine");
  await provideEntry(root, "thing-1", async (folder) => writeFileSync(join(folder, "a"), "abc"));
  expect(existsSync(join(root, ".partial-notes"))).toBe(true);
});

async function untilTrue(condition) {
  const deadline = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error("waited 20 s in vain");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
