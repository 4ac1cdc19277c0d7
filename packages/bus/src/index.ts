// The bus: how the processes of a run hand work to each other so that any of them may die at any moment.
export { type AuditOptions, audit, gatherEvidence } from "./audit.js";
export type { BlobStore, BlobUsage, StoredBlob } from "./blob-store.js";
export { checkpointPointer, movePointer } from "./checkpoint-pointer.js";
export { type Clock, systemClock } from "./clock.js";
export { type Bus, type BusOptions, connectBus } from "./connect.js";
export {
  type Conservation,
  deriveConservation,
  type Evidence,
  type GroupState,
  type Violation,
} from "./conservation.js";
export { deleteDamaged } from "./damaged-blob.js";
export { buryLetter, readDeadLetters, sweepDeadLetters } from "./dead-letters.js";
export { type DirectoryBlobOptions, openDirectoryBlobStore } from "./directory-blob-store.js";
export { BusError, type BusErrorCode } from "./errors.js";
export { type EventCursor, latestStates, openEventCursor, publishEvent } from "./events.js";
export { type FencedOutcome, type FencedPublish, publishFenced } from "./fenced-publish.js";
export { becomeLeader, type LeaderOptions, type Leadership } from "./leader.js";
export { Lease, type LeaseOptions } from "./lease.js";
export type { Leased, LeasedQueue } from "./leased-queue.js";
export {
  type AppendOutcome,
  appendLedger,
  type LedgerEntry,
  type LedgerReading,
  readLedger,
} from "./ledger.js";
export { type NatsBlobOptions, openNatsBlobStore } from "./nats-blob-store.js";
export type { BusNotice, Observe } from "./notice.js";
export { orphanTasks } from "./orphan-issues.js";
export {
  findTrajectory,
  hasScore,
  publishScore,
  publishTrajectory,
  type StoredTrajectory,
} from "./results.js";
export { openScoreCursor, openTrajectoryCursor, type Received, type ResultCursor } from "./results-cursor.js";
export { openRewardQueue } from "./reward-queue.js";
export { compareVersions, MINIMUM_SERVER_VERSION, serverOnPath } from "./server-program.js";
export { isStoreFull } from "./store-full.js";
export {
  type DigestsBySubject,
  manifestFaults,
  type StoredFault,
  streamDigests,
} from "./stored-digests.js";
export { type CursorEntry, type CursorOptions, type CursorState, StreamCursor } from "./stream-cursor.js";
export { CONTROL_BUCKET, type StreamLimits, type StreamName, streamNames } from "./stream-definitions.js";
export { replacedStreams, type StreamIdentities, streamIdentities } from "./stream-identity.js";
export { type LeasedTask, openTaskQueue, publishTask } from "./task-queue.js";
export { ensureTopology, rewardConsumer, rolloutConsumer, type TopologyOptions } from "./topology.js";
export { type TrimOptions, type TrimResult, trimSettled } from "./trim.js";
export { type Wait, Waits } from "./waiting.js";
export { announceWeights, type FollowOptions, followWeights, weightsHead } from "./weights.js";
