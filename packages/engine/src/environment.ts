// The only file of the engine that reads or sets environment variables.
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
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

/**
 * Where compiled functions are kept: `EASEL_COMPILED_CACHE`, else `compiled` in the per-user cache. Null when that
 * variable says `off`, or TensorFlow was told of a folder already.
 */
export function compiledCacheRoot(): string | null {
  const {
    EASEL_COMPILED_CACHE: own,
    EASEL_CACHE_DIR: cache,
    XDG_CACHE_HOME: xdg,
    TF_XLA_FLAGS: flags,
  } = process.env;
  if (own === "off" || flags?.includes("persistent_cache") === true) return null;
  if (own) return resolve(own);
  if (cache) return resolve(cache, "compiled");
  return join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), ".cache"), "easel", "compiled");
}

/** Tells XLA where to keep what it compiles. It reads this when it is first used. */
export function setCompiledCache(folder: string): void {
  const flag = `--tf_xla_persistent_cache_directory=${folder}`;
  process.env.TF_XLA_FLAGS = process.env.TF_XLA_FLAGS ? `${process.env.TF_XLA_FLAGS} ${flag}` : flag;
}
