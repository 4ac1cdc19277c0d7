// Starting the engine: picks the backend, loads what it needs, says what was got.
import { availableParallelism } from "node:os";
import { loadAddon } from "./addon.js";
import { contextConfig } from "./config-proto.js";
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
  /** sha256 hex of library, instruction set and threads: equal fingerprints give equal samples. */
  readonly fingerprint: string;
};

export type StartOptions = {
  /** `auto` and `tensorflow` need the native library; the slow ones are never chosen silently. */
  readonly backend?: "auto" | BackendName;
  /** Threads that operations share; default: the processors this process may use. */
  readonly threads?: number;
};

let started: EngineInfo | null = null;

/**
 * Starts the engine, once a process. A second call with the same wishes gives the same answer.
 * @throws EngineError EASEL_ENGINE_ADDON_MISSING, EASEL_ENGINE_ADDON_BROKEN, EASEL_ENGINE_STARTED_OTHERWISE
 */
export async function startEngine(options: StartOptions = {}): Promise<EngineInfo> {
  const wanted = options.backend === undefined || options.backend === "auto" ? "tensorflow" : options.backend;
  if (started !== null) {
    if (started.backend === wanted && (options.threads ?? started.threads) === started.threads)
      return started;
    throw new EngineError(
      "EASEL_ENGINE_STARTED_OTHERWISE",
      `The engine already runs on ${started.backend} with ${started.threads} threads; it cannot be started again ` +
        `on ${wanted} in the same process.`,
    );
  }
  const threads = options.threads ?? availableParallelism();
  started = wanted === "tensorflow" ? await startTensorflow(threads) : await startFallback(wanted);
  return started;
}

/** What the engine runs on. @throws EngineError EASEL_ENGINE_NOT_STARTED */
export function engineInfo(): EngineInfo {
  if (started !== null) return started;
  throw new EngineError("EASEL_ENGINE_NOT_STARTED", "The engine is not started: await startEngine() first.");
}

async function startTensorflow(threads: number): Promise<EngineInfo> {
  const addon = loadAddon();
  native(() => addon.start(contextConfig(threads)));
  tf.registerBackend("tensorflow", () => new TensorflowBackend(addon), 5);
  await import("@tensorflow/tfjs-node/dist/register_all_kernels.js");
  replaceKernels();
  await tf.setBackend("tensorflow");
  await tf.ready();
  const version = addon.TF_Version;
  return {
    backend: "tensorflow",
    library: "libtensorflow",
    version,
    threads,
    fingerprint: engineFingerprint(version, threads),
  };
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
    fingerprint: engineFingerprint(`${library} ${version}`, 1),
  };
}
