// Exporting checkpoints: what other packages may use.
export { type ExportOptions, type ExportReport, exportCheckpoint } from "./export-checkpoint.js";
export { disposeChanges, type PolicyChanges, readPolicyChanges } from "./policy-changes.js";
