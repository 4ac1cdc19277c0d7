// Issues tasks, assembles scored groups, updates the policy, announces weights.
export { type ArchivedMessage, type ArchiveEntry, readArchive, readArchiveIndex } from "./archive.js";
export { auditRun, type RunAudit, type RunToAudit } from "./audit-run.js";
export { type Authority, brokersAuthority } from "./authority.js";
export { type CheckpointName, listCheckpoints, type ReadCheckpoint, readCheckpoint } from "./checkpoint.js";
export { LearnerError, type LearnerErrorCode } from "./errors.js";
export type { DevEvaluation, LearnerOptions, ProbePoint } from "./learner-context.js";
export { type LearnerCompute, type LearnerProcessOptions, learnerProcess } from "./learner-process.js";
export type { LearnerState } from "./learner-state.js";
export type { EvaluationMetrics, StepMetrics } from "./metrics-file.js";
export { type LearnerResult, runLearner } from "./run-learner.js";
export type { LearnerSettings, ScheduleSettings } from "./settings.js";
export { learnerSettings } from "./settings-from-config.js";
