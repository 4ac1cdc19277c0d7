// The engine's native addon under AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer: what `npm run test:native` does,
// with deliberate faults as its control. Needs the runtime of the compiler's sanitizers, which comes with g++.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const program = fileURLToPath(new URL("../../packages/engine/native/test/main.mjs", import.meta.url));

test("no scenario makes a sanitizer speak, and each deliberate fault does", async () => {
  const { stdout, code } = await run(process.execPath, [program], { maxBuffer: 64 * 1024 * 1024 }).then(
    (said) => ({ ...said, code: 0 }),
    (error: { stdout: string; code: number }) => error,
  );
  expect(stdout).toMatch(/\n[1-9]\d* passed, 0 failed\n$/);
  expect(code).toBe(0);
}, 420_000);
