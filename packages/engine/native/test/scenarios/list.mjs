// Every scenario with its file, and every deliberate fault with what a sanitizer must say of it.

/** `status`: how the process is to end, 0 unless said; `abrupt`: it ends before its last line, with nothing freed. */
export const scenarios = {
  tensors: { file: "values" },
  views: { file: "values" },
  badTensors: { file: "values" },
  useAfterDispose: { file: "values" },
  ops: { file: "values" },
  badOps: { file: "values" },
  functions: { file: "functions" },
  badGraphs: { file: "functions" },
  asyncCalls: { file: "calls" },
  endInFlight: { file: "calls" },
  exitInFlight: { file: "calls", abrupt: true },
  exitBetweenCalls: { file: "calls", abrupt: true },
  throwInFlight: { file: "calls", status: 1, abrupt: true },
  workers: { file: "calls" },
  terminateInFlight: { file: "calls" },
  training: { file: "engine" },
  loops: { file: "engine" },
  kernels: { file: "engine" },
  failures: { file: "engine" },
  endDuringStep: { file: "engine", abrupt: true },
};

export const faults = {
  useAfterFree: /AddressSanitizer: heap-use-after-free[\s\S]*UseAfterFree/,
  doubleFree: /AddressSanitizer: attempting double-free[\s\S]*DoubleFree/,
  overflow: /AddressSanitizer: heap-buffer-overflow[\s\S]*Overflow/,
  undefinedBehaviour: /runtime error: signed integer overflow/,
  leak: /LeakSanitizer: detected memory leaks[\s\S]*Leak/,
  leakHandle: /LeakSanitizer: detected memory leaks[\s\S]*libtensorflow/,
};
