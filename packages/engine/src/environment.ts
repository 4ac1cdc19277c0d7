// The only file of the engine that reads or sets environment variables.
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const packageDir = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** The native addon: `EASEL_ENGINE_ADDON`, else where native/build.mjs puts it. */
export function addonFile(): string {
  return process.env.EASEL_ENGINE_ADDON || resolve(packageDir, "native/build/easel-engine.node");
}

/** TensorFlow logs to stderr from C++; errors reach us as exceptions anyway. Must run before the library loads. */
export function silenceTensorflow(): void {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "3";
}
