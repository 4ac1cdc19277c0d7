// Model parameters: weights, low-rank adapters, linear layers, gradients by name.
export {
  adapterVariables,
  createAdapter,
  disposeAdapter,
  parseAdapterVariable,
  type UniformSource,
} from "./adapter.js";
export type { AdapterDropout } from "./adapter-dropout.js";
export { type Gradients, stopGradient, valueAndGrads } from "./gradients.js";
export { linear } from "./linear.js";
export { mergeAdapter, rowsBeforeMerge, type StoredRows, unmergeAdapter } from "./merge.js";
export {
  type Adapter,
  type AdapterPair,
  adapterScale,
  type Params,
  type TokenRows,
  type TrainableAdapter,
} from "./params.js";
export { adapterFromHost, adapterToHost, peftKeys, readPeftAdapter, writePeftAdapter } from "./peft-files.js";
export { recomputed } from "./recomputed.js";
export { effectiveTokenRows, embeddingRows } from "./token-rows.js";
export { assignVariables, loadVariables, saveVariables, variablesToHost } from "./variable-files.js";
export { weight } from "./weight.js";
