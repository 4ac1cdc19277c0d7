import { describe, expect, it } from "vitest";
import { CliError } from "./errors.js";
import { presentError } from "./present-error.js";

const shown = (error: unknown): string => presentError(error, false);

function systemError(code: string, over: object): Error {
  return Object.assign(new Error(`${code}: something`), { code, ...over });
}

describe("an error on the console", () => {
  it("is the message with its code, without a stack", () => {
    const text = shown(new CliError("EASEL_CLI_OPTION", "The thing is wrong. Do this."));
    expect(text).toBe("error: The thing is wrong. Do this.\n       (EASEL_CLI_OPTION)\n");
  });

  it("says when trying again may help", () => {
    expect(shown(new CliError("EASEL_CLI_OPTION", "Busy.", { retryable: true }))).toContain(
      "trying again may help",
    );
  });

  it.each([
    ["ENOENT", { path: "assets/none" }, "assets/none: there is no such file"],
    ["ENOSPC", { path: "runs/a/metrics.jsonl" }, "runs/a/metrics.jsonl: the disk is full; free some space"],
    ["EADDRINUSE", { address: "127.0.0.1", port: 4222 }, "127.0.0.1:4222: the port is in use"],
    ["EACCES", {}, "access is denied"],
  ])("explains %s of the system, naming what it is about", (code, over, words) => {
    const text = shown(systemError(code, over));
    expect(text).toContain(words);
    expect(text).not.toContain("    at ");
  });

  it("lists every problem of settings with its place", () => {
    const issues = [
      { path: ["codec", "channels"], message: "must be positive" },
      { path: [], message: "unknown key" },
    ];
    const text = shown(Object.assign(new Error("[…]"), { issues }));
    expect(text).toContain("  codec.channels: must be positive\n  (the whole): unknown key");
  });

  it("shows the stack and its causes only when asked", () => {
    const error = new Error("outer", { cause: new Error("inner") });
    expect(shown(error)).toBe("error: outer\n       (unexpected; --trace shows where it happened)\n");
    expect(presentError(error, true)).toMatch(/Error: outer\n {4}at [\s\S]*caused by Error: inner/);
  });

  it("survives whatever is thrown, also a cause that points back", () => {
    expect(shown("text")).toContain("text");
    expect(shown(null)).toContain("null");
    expect(shown(undefined)).toContain("undefined");
    const loop = new Error("round");
    loop.cause = loop;
    expect(presentError(loop, true)).toContain("caused by");
  });
});
