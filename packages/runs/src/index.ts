// A run's folder: configuration, metrics, samples, summary, report.
export { writeFileAtomic } from "./atomic-file.js";
export { type BestPolicy, readBestPolicy } from "./best-policy.js";
export { RunsError, type RunsErrorCode } from "./errors.js";
export { type EvaluationCache, type EvaluationKey, evaluationCache } from "./evaluation-cache.js";
export { duration } from "./figures.js";
export { runSides, type SideNames, wayName } from "./measure-names.js";
export {
  type EvaluationRecord,
  evaluationsOf,
  type MetricsLog,
  type MetricsRecord,
  type NoticeRecord,
  openMetricsLog,
  parseMetrics,
  type ReadMetrics,
  readMetrics,
  type StepRecord,
  stepsOf,
} from "./metrics-log.js";
export { modelsTable, type NamedResult } from "./models-table.js";
export { planPicture } from "./plan-picture.js";
export {
  type ComparedPrompt,
  type ComparedPrompts,
  comparedPrompts,
} from "./report/compared-prompts.js";
export { type ComparisonContent, comparisonHtml } from "./report/comparison-page.js";
export { type ReportContent, reportHtml, samplePhases, writeReport } from "./report/report.js";
export type { SamplePairs } from "./report/samples-section.js";
export {
  changeRunConfig,
  createRunFolder,
  findRunFolder,
  type RunFolder,
  readRunConfig,
  removeRun,
  runFolder,
  runIds,
} from "./run-folder.js";
export { compareRunIds, isRunId, runId } from "./run-id.js";
export { describeRun, isActive, listRuns, type RunListing, runsTable } from "./run-listing.js";
export {
  type DrawnPicture,
  readSamples,
  type SampleOrigin,
  type SampleRecord,
  type StoredSample,
  storedSample,
  writeSample,
  writeSamples,
} from "./sample-record.js";
export {
  type DrawnSamples,
  type ModelEvaluation,
  readEvaluation,
  requireComparable,
  writeEvaluation,
} from "./saved-evaluation.js";
export {
  type Fates,
  type RunSummary,
  readSummary,
  type SplitResult,
  type TemperatureResult,
  writeSummary,
} from "./summary.js";
export { endTable, fatesLine, splitTable } from "./tables.js";
export { type TextRow, textTable } from "./text-table.js";
