// The example at the top of the package's README, run as a user would run it.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const folder = fileURLToPath(new URL("..", import.meta.url));

it("the example trains, and prints what its last line says", async () => {
  const code = /```js\n([\s\S]*?)```/.exec(readFileSync(join(folder, "README.md"), "utf8"))?.[1] ?? "";
  const printed = /\/\/ (\S+ \S+)\n$/.exec(code)?.[1] ?? "no comment";
  // Inside the package, so that it imports the package by its name.
  const scratch = mkdtempSync(join(folder, ".example-"));
  try {
    writeFileSync(join(scratch, "example.mjs"), code);
    const { stdout } = await promisify(execFile)(process.execPath, [join(scratch, "example.mjs")]);
    expect(stdout.trim()).toBe(printed);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}, 60_000);
