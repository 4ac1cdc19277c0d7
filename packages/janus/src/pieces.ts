// The pieces the model is made of, one by one, for checks against other implementations. Models are made with index.ts.

export { gelu } from "./decoder/gelu.js";
export { applyRotary, type RotaryTables, rotaryTables } from "./decoder/rotary.js";
export { targetLogProbs } from "./log-probs/target-log-probs.js";
export { portableDefinition } from "./tokenizer/portable-definition.js";
export { attentionBlock, residualBlock } from "./vq/blocks.js";
export { conv1x1, conv3x3 } from "./vq/convolution.js";
export { runLevel, runMiddle } from "./vq/encoder.js";
export { groupNorm } from "./vq/group-norm.js";
export { decoderLevels, encoderLevels } from "./vq/levels.js";
