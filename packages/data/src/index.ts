// Training data with real images: records and their files, importers, prompt mixes. No model, no pixels.
export { collect } from "./collect.js";
export type { DropCount, DropCounts } from "./drop-tally.js";
export { DataError, type DataErrorCode } from "./errors.js";
export { type CleanedChain, cleanChain } from "./got/clean-chain.js";
export { DEFAULT_GOT_FIELDS, type GotFields } from "./got/got-row.js";
export { type GotImport, type GotReport, importGot } from "./got/import-got.js";
export { canonicalText } from "./prompts/canonical-text.js";
export { type HeldOut, NOTHING_HELD_OUT, readHeldOut } from "./prompts/held-out.js";
export { COMPBENCH_CATEGORIES, type MixSource, mixSources } from "./prompts/mix-declaration.js";
export { type PromptPreparation, type PromptReport, preparePrompts } from "./prompts/prepare-prompts.js";
export { type ChainReason, chainReason } from "./records/chain-check.js";
export { readRlPrompts, readSupervisedExamples } from "./records/record-lines.js";
export { type RlPrompt, rlPromptSchema } from "./records/rl-prompt.js";
export {
  isInnerPath,
  type SupervisedExample,
  supervisedExampleSchema,
} from "./records/supervised-example.js";
export { type WrittenFile, writeLines } from "./records/whole-file.js";
export { type Records, writeRlPrompts, writeSupervisedExamples } from "./records/write-records.js";
export { RECORD_LIMIT_BYTES } from "./rows/file-bytes.js";
export { ROW_FORMATS, type RowFormat } from "./rows/rows.js";
export { type LineOptions, readLines, type TextLine } from "./rows/text-lines.js";
