// Waiting in tests: ask until it is so, with a deadline that names what was waited for.
import { TestkitError } from "./errors.js";

/**
 * Asks until the answer is neither null, undefined nor false, and returns it.
 * @throws TestkitError `EASEL_TESTKIT_TIMEOUT`
 */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  timeoutMs = 15_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) {
      throw new TestkitError("EASEL_TESTKIT_TIMEOUT", `Waited ${timeoutMs} ms in vain until ${what}.`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
