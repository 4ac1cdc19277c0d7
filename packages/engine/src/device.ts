// Which device computes, and what to do when the one asked for is not there. Not the settings of the context
// (config-proto.ts).
import type { Addon } from "./addon.js";
import { EngineError } from "./errors.js";
import { native } from "./native-errors.js";

/** Where libtensorflow computes. `gpu` needs its GPU build, whose CUDA libraries the dynamic linker must find. */
export type DeviceName = "cpu" | "gpu";

export function noGpu(reason: string): EngineError {
  return new EngineError(
    "EASEL_ENGINE_NO_GPU",
    `A GPU was asked for, but ${reason}. Needed: NVIDIA's driver; libtensorflow's GPU build in EASEL_TENSORFLOW_DIR (from ` +
      "the wheel tensorflow, not tensorflow-cpu); and its CUDA libraries (that wheel's extra and-cuda) where the dynamic " +
      "linker looks, such as LD_LIBRARY_PATH. With TF_CPP_MIN_LOG_LEVEL=0 TensorFlow names the library that it misses. " +
      'Or start the engine with device "cpu".',
  );
}

/**
 * The device that the started context computes on.
 * @throws EngineError EASEL_ENGINE_NO_GPU when `gpu` is wanted and the library sees none
 */
export function deviceOf(addon: Addon, wanted: DeviceName | undefined): DeviceName {
  const gpu = native(() => addon.isUsingGpuDevice());
  if (wanted === "gpu" && !gpu) throw noGpu("libtensorflow sees none");
  return gpu ? "gpu" : "cpu";
}
