// What a configuration will need: parameters, memory, bytes, judge calls and time. Arithmetic; reads no file.

export { cardBytes, fits, usableShare } from "./card.js";
export { PlanError, type PlanErrorCode } from "./errors.js";
export { type JudgeCalls, judgeCalls, objectsPerChain } from "./judging.js";
export { type KnownModel, knownModel, knownModels, understandingParameters } from "./known-models.js";
export { trajectoryBytes } from "./messages.js";
export {
  type AdapterSize,
  adapterParameters,
  type Parameters,
  parametersOf,
  policyParameters,
} from "./parameters.js";
export { type Part, totalOf } from "./part.js";
export {
  type CardVerdict,
  type LearnerMemory,
  onCard,
  type PlanBasis,
  planRun,
  type RunPlan,
} from "./plan-run.js";
export { planSft, type SftPlan } from "./plan-sft.js";
export type { Phase, ProcessMemory, TrainerMemory } from "./process-memory.js";
export { judgeCallsPerSecond, l40sRates, processorRates, type Rates } from "./rates.js";
export type { Workload } from "./workload.js";
export { gpuWorkspace, processorWorkspace, type Workspace } from "./workspace.js";
