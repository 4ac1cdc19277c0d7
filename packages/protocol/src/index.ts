// The wire protocol: what the processes of a run say to each other, how it is written, and on which subjects.
export { canonicalJson, isJsonValue, type JsonValue } from "./canonical-json.js";
export {
  checkMessage,
  decodeMessage,
  encodeMessage,
  type Messages,
  type MessageType,
  messageTypes,
} from "./codec.js";
export type { CheckpointPointer, LeaderRecord } from "./control-record.js";
export type { DeadLetter } from "./dead-letter.js";
export { type Digest, isDigest, sha256Hex } from "./digest.js";
export { ProtocolError, type ProtocolErrorCode } from "./errors.js";
export type { EventKind, EventRecord } from "./event-record.js";
export { groupId, issueOfGroup, makeRolloutTask } from "./group-id.js";
export {
  type EpochRecord,
  type IssueRecord,
  type LedgerRecord,
  type ManifestGroup,
  type ManifestRecord,
  type ManifestSlice,
  runOfRecord,
  type Verdict,
  type VerdictRecord,
} from "./ledger-record.js";
export { checkName } from "./names.js";
export { comparePolicyVersions, type PolicyVersion } from "./policy-version.js";
export {
  type RewardRef,
  type RolloutTask,
  type RolloutTaskContent,
  type Slice,
  sliceGroup,
} from "./rollout-task.js";
export { type Sampling, sameSampling } from "./sampling.js";
export type { Score, ScoreVector } from "./score-vector.js";
export { parseResultSubject, type ResultAddress, subjects } from "./subjects.js";
export { messageDigest, scoreFaults, type TokenLimits, trajectoryFaults } from "./task-match.js";
export type { Sample, SliceTimings, Trajectory, WeightsSpan } from "./trajectory.js";
export { PROTOCOL_VERSION } from "./version.js";
export type { BlobRef, WeightsManifest } from "./weights-manifest.js";
