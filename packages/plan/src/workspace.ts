// Memory that follows from no shape: libraries, compiled functions, allocators. Measured on the processor with the
// product's own processes; for a GPU estimated.

/** What a kind of device takes besides tensors. */
export type Workspace = {
  /** Context and libraries of the device: none on the processor, where the idle process has them. */
  readonly contextBytes: number;
  /** Kernels, thread buffers and graphs of a learner. */
  readonly learnerBytes: number;
  /** The same of a rollout worker. */
  readonly rolloutBytes: number;
  /** Code that XLA makes for a layer of one compiled decoding function; a GPU's is small. */
  readonly codeBytes: number;
  /** Whether memory that one phase frees serves the next. The processor's allocator keeps blocks of another size. */
  readonly reusesFreed: boolean;
  /** What allocators hold beyond what is asked for, as a share of it. */
  readonly slack: number;
  readonly measured: boolean;
};

export const processorWorkspace: Workspace = {
  contextBytes: 0,
  learnerBytes: 75e6,
  rolloutBytes: 40e6,
  codeBytes: 5e6,
  reusesFreed: false,
  slack: 0.08,
  measured: true,
};

export const gpuWorkspace: Workspace = {
  contextBytes: 1.2e9,
  learnerBytes: 0.5e9,
  rolloutBytes: 0.5e9,
  codeBytes: 0,
  reusesFreed: true,
  slack: 0.08,
  measured: false,
};
