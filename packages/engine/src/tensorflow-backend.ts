// The TensorFlow.js backend over our addon: tfjs-node's kernels and data bookkeeping, with a switch. While a
// function is being traced, ops are added to its graph instead of being executed (jit/trace.ts).
import util from "node:util";
import { NodeJSKernelBackend } from "@tensorflow/tfjs-node/dist/nodejs_kernel_backend.js";
import type { Addon, GraphValue, HandleInfo, OpAttribute } from "./addon.js";
import { dtypeName, TF } from "./dtypes.js";
import { EngineError } from "./errors.js";
import type { Trace } from "./jit/trace.js";
import { currentTrace } from "./jit/trace-state.js";
import { native } from "./native-errors.js";
import { tf } from "./tf.js";

// Removed in Node 23; tfjs-node's kernels still call them as properties of the module.
const legacy = util as unknown as Record<string, unknown>;
legacy.isNullOrUndefined ??= (value: unknown): boolean => value === null || value === undefined;
legacy.isArray ??= Array.isArray;

/** A value of a graph under construction, as the backend keeps it in place of a handle. */
export type TracedValue = GraphValue & { readonly trace: Trace; readonly shape: number[] };

/** What the backend keeps for a tensor: exactly one of a handle (`id` ≥ 0), `values` not yet uploaded, a traced value. */
export type TensorData = {
  readonly shape: number[];
  readonly dtype: number;
  id: number;
  values: ArrayBufferView | readonly Uint8Array[] | null;
  refCount: number;
  traced?: TracedValue;
  /** The values were made by JavaScript while a function was traced: a constant of that function. */
  madeInTrace?: boolean;
  /** The function that has this variable's memory until its call ends (jit/donation.ts). */
  lentTo?: string;
};

type DataId = object;

// The base class declares these private; they are its interface to its own kernels.
type KernelBackendParts = tf.KernelBackend & {
  binding: Addon;
  tensorMap: tf.DataStorage<TensorData>;
  createOutputTensor(info: HandleInfo): tf.Tensor;
  getInputTensorIds(tensors: readonly tf.TensorInfo[]): number[];
  executeSingleOutput(name: string, attributes: OpAttribute[], inputs: tf.TensorInfo[]): tf.Tensor;
  executeMultipleOutputs(
    name: string,
    attributes: OpAttribute[],
    inputs: tf.TensorInfo[],
    outputs: number,
  ): tf.Tensor[];
};
const KernelBackend = NodeJSKernelBackend as unknown as new (
  addon: Addon,
  packageName: string,
) => KernelBackendParts;

export class TensorflowBackend extends KernelBackend {
  /** Kernels of the addon that XLA can call by name; none where a GPU computes. */
  readonly xlaKernels: readonly string[];

  constructor(addon: Addon, xlaKernels: readonly string[]) {
    super(addon, addon.isUsingGpuDevice() ? "@tensorflow/tfjs-node-gpu" : "@tensorflow/tfjs-node");
    this.xlaKernels = addon.isUsingGpuDevice() ? [] : xlaKernels;
  }

  get addon(): Addon {
    return this.binding;
  }

  dataOf(dataId: DataId): TensorData {
    return this.tensorMap.get(dataId);
  }

  holds(dataId: DataId): boolean {
    return this.tensorMap.has(dataId);
  }

  /** The handle behind a tensor; uploads its values first when they are still in JavaScript. */
  handleOf(tensor: tf.TensorInfo): number {
    const data = this.dataOf(tensor.dataId);
    refuseAbsent(data);
    return native(() => super.getInputTensorIds([tensor])[0]) as number;
  }

  /** A TensorFlow.js tensor that stands for a value of a graph. */
  tracedTensor(trace: Trace, value: GraphValue): tf.Tensor {
    const shape = value.shape as number[];
    const dataId = {};
    const traced: TracedValue = { ...value, shape, trace };
    this.tensorMap.set(dataId, { shape, dtype: value.dtype, id: -1, values: null, refCount: 1, traced });
    return tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype: dtypeName(value.dtype) });
  }

  override createOutputTensor({ id, shape, dtype }: HandleInfo): tf.Tensor {
    const dataId = {};
    this.tensorMap.set(dataId, { shape, dtype, id, values: null, refCount: 1 });
    return tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype: dtypeName(dtype) });
  }

  // Kernels that go to the addon past executeSingleOutput (image codecs, summaries) cannot be traced.
  override getInputTensorIds(tensors: readonly tf.TensorInfo[]): number[] {
    const trace = currentTrace();
    if (trace !== null) {
      throw new EngineError(
        "EASEL_ENGINE_NOT_TRACEABLE",
        `${trace.name} uses an op that needs its values at once (an image codec or a summary): call it outside the jitted function.`,
      );
    }
    for (const tensor of tensors) {
      if (this.tensorMap.has(tensor.dataId)) refuseAbsent(this.dataOf(tensor.dataId));
    }
    return super.getInputTensorIds(tensors);
  }

  override executeSingleOutput(name: string, attributes: OpAttribute[], inputs: tf.TensorInfo[]): tf.Tensor {
    return this.executeMultipleOutputs(name, attributes, inputs, 1)[0] as tf.Tensor;
  }

  override executeMultipleOutputs(
    name: string,
    attributes: OpAttribute[],
    inputs: tf.TensorInfo[],
    outputs: number,
  ): tf.Tensor[] {
    const trace = currentTrace();
    if (trace === null) return native(() => this.#executeNow(name, attributes, inputs, outputs));
    const values = inputs.map((input) => trace.valueOf(this.dataOf(input.dataId)));
    return trace.operation(name, attributes, values, outputs).map((value) => this.tracedTensor(trace, value));
  }

  // Kernels say T = float32 for what is stored in bfloat16, so such inputs are widened for the call.
  #executeNow(
    name: string,
    attributes: OpAttribute[],
    inputs: tf.TensorInfo[],
    outputs: number,
  ): tf.Tensor[] {
    const ids = this.getInputTensorIds(inputs);
    const widened: number[] = [];
    inputs.forEach((input, i) => {
      if (!this.#storedInHalf(input)) return;
      const id = this.#cast(ids[i] as number, TF.FLOAT);
      widened.push(id);
      ids[i] = id;
    });
    try {
      return this.binding
        .executeOp(name, attributes, ids, outputs)
        .map((info) => this.createOutputTensor(info));
    } finally {
      for (const id of widened) this.binding.deleteTensor(id);
    }
  }

  // An Int64Scalar, which summaries pass, is no tensor and has no data.
  #storedInHalf(input: tf.TensorInfo): boolean {
    return this.tensorMap.has(input.dataId) && this.dataOf(input.dataId).dtype === TF.BFLOAT16;
  }

  #cast(id: number, dtype: number): number {
    const attributes = [{ name: "DstT", type: this.binding.TF_ATTR_TYPE, value: dtype }];
    return (this.binding.executeOp("Cast", attributes, [id], 1)[0] as HandleInfo).id;
  }

  /** A copy stored in bfloat16. */
  toHalf(tensor: tf.TensorInfo): tf.Tensor {
    const id = native(() => this.#cast(this.handleOf(tensor), TF.BFLOAT16));
    return this.createOutputTensor({ id, shape: [...tensor.shape], dtype: TF.BFLOAT16 });
  }

  /** A tensor of a file's floats, in the type that they have or widened to float32. Nothing of it stays in JavaScript. */
  fromFloats(values: ArrayBufferView, dtype: number, shape: readonly number[], kept: number): tf.Tensor {
    const stored = native(() => this.binding.createTensor(shape, dtype, values));
    if (kept === dtype) return this.createOutputTensor({ id: stored, shape: [...shape], dtype });
    try {
      const id = native(() => this.#cast(stored, kept));
      return this.createOutputTensor({ id, shape: [...shape], dtype: kept });
    } finally {
      this.binding.deleteTensor(stored);
    }
  }

  /** Whether a tensor's values are kept in bfloat16. */
  isHalf(tensor: tf.TensorInfo): boolean {
    return this.#storedInHalf(tensor);
  }

  /** A tensor over bfloat16 bits. */
  fromHalf(bits: Uint16Array, shape: readonly number[]): tf.Tensor {
    return this.fromFloats(bits, TF.BFLOAT16, shape, TF.BFLOAT16);
  }

  override readSync(dataId: DataId): tf.backend_util.BackendValues {
    this.refuseRead(dataId);
    const data = this.tensorMap.has(dataId) ? this.dataOf(dataId) : undefined;
    if (data?.dtype !== TF.BFLOAT16) return native(() => super.readSync(dataId));
    const wide = native(() => this.#cast(data.id, TF.FLOAT));
    try {
      return native(() => this.binding.tensorDataSync(wide)) as Float32Array;
    } finally {
      this.binding.deleteTensor(wide);
    }
  }

  override async read(dataId: DataId): Promise<tf.backend_util.BackendValues> {
    return this.readSync(dataId);
  }

  override move(
    dataId: DataId,
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    refCount: number,
  ): void {
    super.move(dataId, values, shape, dtype, refCount);
    if (currentTrace() !== null) this.dataOf(dataId).madeInTrace = true;
  }

  private refuseRead(dataId: DataId): void {
    if (!this.tensorMap.has(dataId)) return;
    const data = this.dataOf(dataId);
    const { traced } = data;
    if (traced === undefined || currentTrace() === null) {
      refuseAbsent(data);
      return;
    }
    throw new EngineError(
      "EASEL_ENGINE_READ_IN_TRACE",
      `${traced.trace.name} reads the value of a tensor (dataSync, data, array, print or an if on it) while it ` +
        "is traced, when there is no value yet. Return the tensor and read it outside, or use tf.where or loop.",
    );
  }
}

/** What is not there to be used: a value of a trace after it, or a variable in the hands of a call. */
function refuseAbsent({ traced, lentTo }: TensorData): void {
  if (traced !== undefined) throw staleTensor(traced.trace.name);
  if (lentTo === undefined) return;
  throw new EngineError(
    "EASEL_ENGINE_LENT",
    `A variable is read while a call of ${lentTo} is under way that writes into its memory: await the call first.`,
    { retryable: true },
  );
}

function staleTensor(name: string): EngineError {
  return new EngineError(
    "EASEL_ENGINE_STALE_TRACED_TENSOR",
    `A tensor made while ${name} was traced is used after the trace: it never had a value. Return it from the ` +
      "jitted function and use the result.",
  );
}

/** The registered backend. @throws EngineError EASEL_ENGINE_NOT_STARTED */
export function tensorflowBackend(): TensorflowBackend {
  const backend = tf.findBackend("tensorflow");
  if (backend instanceof TensorflowBackend) return backend;
  throw new EngineError("EASEL_ENGINE_NOT_STARTED", "The engine is not started: await startEngine() first.");
}

/** True when tensors live in libtensorflow, so that functions can be traced. */
export function onTensorflow(): boolean {
  return tf.getBackend() === "tensorflow";
}
