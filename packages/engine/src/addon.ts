// What the native addon offers (native/module.cc) and how it is loaded. The part that tfjs-node's kernels call
// has the names and forms they expect; the rest is ours.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { addonFile, silenceTensorflow } from "./environment.js";
import { EngineError } from "./errors.js";
import { loadQuietly } from "./quiet-load.js";

/** An op attribute. `type` is a TF_AttrType (the addon's `TF_ATTR_*`). */
export type OpAttribute = {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
};

/** The same for a graph operation, where the op's definition says whether the attribute is a list. */
export type GraphAttribute = OpAttribute & { readonly list: boolean };

/** A result of an executed op: its handle's id, shape and TensorFlow dtype. */
export type HandleInfo = { readonly id: number; readonly shape: number[]; readonly dtype: number };

/** An output of a graph operation. `shape` is null for an unknown rank and has -1 for unknown sizes. */
export type GraphValue = {
  readonly value: number;
  readonly dtype: number;
  readonly shape: number[] | null;
};

export type GraphOperation = { readonly operation: number; readonly outputs: readonly GraphValue[] };

/** What became of a graph: the indices of the inputs it needs, and its operations by type. */
export type DefinedFunction = {
  readonly inputs: readonly number[];
  readonly operations: readonly (readonly [type: string, count: number])[];
};

export type Device = { readonly name: string; readonly type: string; readonly sizeBytes: number };

export type Addon = {
  readonly TF_Version: string;
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_INT64: number;
  readonly TF_BOOL: number;
  readonly TF_COMPLEX64: number;
  readonly TF_STRING: number;
  readonly TF_RESOURCE: number;
  readonly TF_UINT8: number;
  readonly TF_UINT64: number;
  readonly TF_BFLOAT16: number;
  readonly TF_HALF: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
  readonly TF_ATTR_FUNC: number;

  /** Names of the addon's kernels that XLA can call. `threads` is how many these share their work among. */
  start(configProto: Uint8Array, threads: number): readonly string[];
  listDevices(): readonly Device[];
  isUsingGpuDevice(): boolean;
  createTensor(
    shape: readonly number[],
    dtype: number,
    values: ArrayBufferView | readonly Uint8Array[],
  ): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array | Uint16Array | readonly Uint8Array[];
  tensorCounts(): { readonly handles: number; readonly sizeBytes: number };
  executeOp(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly number[],
    outputs: number,
  ): HandleInfo[];
  executeOpAsync(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly number[],
    outputs: number,
  ): Promise<HandleInfo[]>;

  newGraph(): number;
  deleteGraph(graph: number): void;
  graphOperation(
    graph: number,
    type: string,
    inputs: readonly (number | readonly number[])[],
    attributes: readonly GraphAttribute[],
    controls: readonly number[],
  ): GraphOperation;
  graphConstant(
    graph: number,
    shape: readonly number[],
    dtype: number,
    values: ArrayBufferView,
  ): GraphOperation;
  opDefinition(type: string): Uint8Array;
  defineFunction(
    graph: number,
    name: string,
    inputs: readonly number[],
    outputs: readonly number[],
    controls: readonly number[],
    keepInputs: boolean,
  ): DefinedFunction;
  removeFunction(name: string): void;
};

const FIX =
  "Run `node tools/bootstrap/main.mjs`, which fetches TensorFlow and builds the addon; or set EASEL_TENSORFLOW_DIR to " +
  "a folder with TensorFlow's lib/ and include/ and run `node packages/engine/native/build.mjs`. To go on without it, " +
  'much slower, start the engine with backend "wasm".';

let loaded: Addon | null = null;

/**
 * Loads the addon and with it libtensorflow, once a process.
 * @throws EngineError EASEL_ENGINE_ADDON_MISSING, EASEL_ENGINE_ADDON_BROKEN
 */
export function loadAddon(): Addon {
  if (loaded !== null) return loaded;
  const file = addonFile();
  if (!existsSync(file)) {
    throw new EngineError(
      "EASEL_ENGINE_ADDON_MISSING",
      `The engine's native addon is missing: ${file}. ${FIX}`,
    );
  }
  silenceTensorflow();
  try {
    const failure = loadQuietly(file);
    if (failure !== null) throw new Error(failure);
    loaded = createRequire(import.meta.url)(file) as Addon;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError(
      "EASEL_ENGINE_ADDON_BROKEN",
      `The engine's native addon ${file} cannot be loaded (${reason}). ${FIX}`,
      { cause: error },
    );
  }
  return loaded;
}
