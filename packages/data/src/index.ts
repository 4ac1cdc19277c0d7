// Training data with real images: records and their files, importers, prompt mixes. No model, no pictures.
export { type ChainReason, chainReason } from "./chain-check.js";
export { DataError, type DataErrorCode } from "./errors.js";
export { readRlPrompts, readSupervisedExamples } from "./record-lines.js";
export { type RlPrompt, rlPromptSchema } from "./rl-prompt.js";
export { isInnerPath, type SupervisedExample, supervisedExampleSchema } from "./supervised-example.js";
export { LINE_LIMIT_BYTES, type LineOptions, readLines, type TextLine } from "./text-lines.js";
export { type WrittenFile, writeLines } from "./whole-file.js";
export { type Records, writeRlPrompts, writeSupervisedExamples } from "./write-records.js";
