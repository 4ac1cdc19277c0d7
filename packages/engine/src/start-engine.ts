// Starting the engine: picks the backend, loads what it needs, says what was got.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { loadAddon } from "./addon.js";
import { CompiledCache, forgetUnused, useCompiledCache } from "./compiled-cache.js";
import { contextConfig } from "./config-proto.js";
import { type DeviceName, deviceOf, noGpu } from "./device.js";
import { compiledCacheRoot, setCompiledCache } from "./environment.js";
import { EngineError } from "./errors.js";
import { engineFingerprint } from "./fingerprint.js";
import { replaceKernels } from "./kernels.js";
import { native } from "./native-errors.js";
import { TensorflowBackend } from "./tensorflow-backend.js";
import { tf } from "./tf.js";

export type BackendName = "tensorflow" | "wasm" | "cpu";

export type EngineInfo = {
  readonly backend: BackendName;
  /** What computes, for people: e.g. `libtensorflow`. */
  readonly library: string;
  readonly version: string;
  readonly threads: number;
  readonly device: DeviceName;
  /** sha256 hex of library, instruction set and threads: equal fingerprints give equal samples. */
  readonly fingerprint: string;
};

export type StartOptions = {
  /** `auto` and `tensorflow` need the native library; the slow ones are never chosen silently. */
  readonly backend?: "auto" | BackendName;
  /** Threads that operations share; default: the processors this process may use. */
  readonly threads?: number;
  /** Left out: a GPU where the library sees one, else the processor. `gpu` is never replaced by the processor silently. */
  readonly device?: DeviceName;
};

let started: EngineInfo | null = null;
/** What the native context said when it was made: once a process, also when the start then failed for want of a device. */
let xlaKernels: readonly string[] | null = null;

/**
 * Starts the engine, once a process. A second call with the same wishes gives the same answer.
 * @throws EngineError EASEL_ENGINE_ADDON_MISSING, EASEL_ENGINE_ADDON_BROKEN, EASEL_ENGINE_NO_GPU,
 *   EASEL_ENGINE_STARTED_OTHERWISE
 */
export async function startEngine(options: StartOptions = {}): Promise<EngineInfo> {
  const wanted = options.backend === undefined || options.backend === "auto" ? "tensorflow" : options.backend;
  if (started !== null) {
    const sameThreads = (options.threads ?? started.threads) === started.threads;
    const sameDevice = (options.device ?? started.device) === started.device;
    if (started.backend === wanted && sameThreads && sameDevice) return started;
    throw new EngineError(
      "EASEL_ENGINE_STARTED_OTHERWISE",
      `The engine already runs on ${started.backend} (${started.device}) with ${started.threads} threads; it ` +
        `cannot be started again on ${wanted} in the same process.`,
    );
  }
  const threads = options.threads ?? availableParallelism();
  if (wanted !== "tensorflow" && options.device === "gpu") throw noGpu(`the backend ${wanted} has none`);
  started =
    wanted === "tensorflow" ? await startTensorflow(threads, options.device) : await startFallback(wanted);
  return started;
}

/** What the engine runs on. @throws EngineError EASEL_ENGINE_NOT_STARTED */
export function engineInfo(): EngineInfo {
  if (started !== null) return started;
  throw new EngineError("EASEL_ENGINE_NOT_STARTED", "The engine is not started: await startEngine() first.");
}

async function startTensorflow(threads: number, wanted: DeviceName | undefined): Promise<EngineInfo> {
  const addon = loadAddon();
  const fingerprint = engineFingerprint(addon.TF_Version, threads);
  keepCompiled(fingerprint);
  xlaKernels ??= native(() => addon.start(contextConfig(threads, wanted), threads));
  const kernels = xlaKernels;
  const device = deviceOf(addon, wanted);
  tf.registerBackend("tensorflow", () => new TensorflowBackend(addon, kernels), 5);
  await import("@tensorflow/tfjs-node/dist/register_all_kernels.js");
  replaceKernels();
  await tf.setBackend("tensorflow");
  await tf.ready();
  return {
    backend: "tensorflow",
    library: "libtensorflow",
    version: addon.TF_Version,
    threads,
    device,
    fingerprint,
  };
}

// Must come before the context is made. A cache that cannot be had costs time only.
function keepCompiled(fingerprint: string): void {
  const root = compiledCacheRoot();
  if (root === null || /\s/.test(root)) return; // TensorFlow splits its flags at spaces
  try {
    const cache = new CompiledCache(join(root, fingerprint.slice(0, 32)));
    setCompiledCache(cache.folder);
    useCompiledCache(cache);
    forgetUnused(cache.folder, Date.now());
  } catch {
    return;
  }
}

async function startFallback(backend: "wasm" | "cpu"): Promise<EngineInfo> {
  if (backend === "wasm") await import("@tensorflow/tfjs-backend-wasm");
  await tf.setBackend(backend);
  await tf.ready();
  const version = tf.version_core;
  const library = `@tensorflow/tfjs-backend-${backend}`;
  return {
    backend,
    library,
    version,
    threads: 1,
    device: "cpu",
    fingerprint: engineFingerprint(`${library} ${version}`, 1),
  };
}
