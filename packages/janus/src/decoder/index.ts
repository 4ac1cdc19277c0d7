// The decoder with its embeddings and heads.
export { type Attend, additiveMask, causalMask } from "./attention.js";
export { alignedTable, imageEmbedding, textEmbedding } from "./embeddings.js";
export { imageLogits, textLogits } from "./heads.js";
export {
  type DecoderForwardOptions,
  decoderForward,
  type ObserveLayer,
} from "./layers.js";
