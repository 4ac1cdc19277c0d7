// Makes JavaScript-side random numbers throw inside a trace, where they would be baked in: the same noise
// at every call. Must be evaluated before `@tensorflow/tfjs` is linked as an ES module (see tf.ts).
import { createRequire } from "node:module";
import { EngineError } from "./errors.js";
import { currentTrace } from "./jit/trace-state.js";

const JS_SIDE_RANDOMS = [
  "rand",
  "randomGamma",
  "randomNormal",
  "randomStandardNormal",
  "randomUniform",
  "randomUniformInt",
  "truncatedNormal",
  "dropout",
  "multinomial",
] as const;

function refuse(name: string): never {
  throw new EngineError(
    "EASEL_ENGINE_RANDOM_IN_TRACE",
    `${name} was called inside a jitted function: its numbers would be baked in and every call would see ` +
      "the same noise. Use randomUniform or randomNormal of @easel/engine with a key and a counter that are tensors.",
  );
}

type Fn = (...args: readonly unknown[]) => unknown;

function guard(exports: Record<string, unknown>): void {
  for (const name of JS_SIDE_RANDOMS) {
    const original = exports[name] as Fn;
    exports[name] = (...args: readonly unknown[]): unknown => {
      if (currentTrace() !== null) refuse(`tf.${name}`);
      return original(...args);
    };
  }
}

// The umbrella package only forwards by getters; the functions themselves are plain exports of its core package.
const umbrella = createRequire(import.meta.url).resolve("@tensorflow/tfjs");
guard(createRequire(umbrella)("@tensorflow/tfjs-core") as Record<string, unknown>);

/** Runs `body` with `Math.random` throwing: what it returned would be a constant of the trace. */
export function withoutRandomness<T>(body: () => T): T {
  const original = Math.random;
  Math.random = () => refuse("Math.random (or a tf function that draws from it)");
  try {
    return body();
  } finally {
    Math.random = original;
  }
}
