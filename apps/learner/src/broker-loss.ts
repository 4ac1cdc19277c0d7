// The loss of the broker's store, found by the identity of its streams, which every checkpoint holds. A run never goes on over it by itself:
// its ledger, which says what was trained, is a part of what was lost.
import { join } from "node:path";
import {
  type Bus,
  replacedStreams,
  type StreamIdentities,
  type StreamName,
  streamIdentities,
} from "@easel/bus";
import { LearnerError } from "./errors.js";
import type { LearnerState } from "./learner-state.js";
import { readJournal } from "./step-journal.js";

export type BrokerLoss = {
  /** Streams that are gone or were made anew; never empty. */
  readonly streams: readonly StreamName[];
  /** Where the run can go on. */
  readonly fromStep: number;
  /** The last step that was begun after that one; the same when there is none. */
  readonly lastStep: number;
  /** Groups that were under way at the checkpoint. */
  readonly groups: number;
};

/** What the broker lost since a checkpoint; null when its streams are those that the checkpoint knows. */
export async function findBrokerLoss(
  bus: Bus,
  folder: string,
  state: LearnerState,
): Promise<BrokerLoss | null> {
  const streams = replacedStreams(identitiesIn(state), await streamIdentities(bus));
  if (streams.length === 0) return null;
  const journal = [...(await readJournal(join(folder, "journal.jsonl"))).values()];
  const lastStep = journal.reduce((most, { step }) => Math.max(most, step), state.step);
  return { streams, fromStep: state.step, lastStep, groups: state.outstanding.length };
}

/** The refusal to go on, with the command that does it all the same. */
export function brokerLost(run: string, folder: string, loss: BrokerLoss): LearnerError {
  const { streams, fromStep, lastStep, groups } = loss;
  const steps =
    lastStep > fromStep ? `; steps after ${fromStep} (up to ${lastStep} were begun) will be made anew` : "";
  return new LearnerError(
    "EASEL_LEARNER_BROKER_LOST",
    `The broker of run ${run} is not the one that its checkpoint of step ${fromStep} knows: ${streams.join(", ")} ${streams.length === 1 ? "is" : "are"} gone or made anew, so its store was lost or replaced. Nothing was trained. Restore the store from a copy, or go on from that checkpoint with "easel train --resume ${folder} --accept-lost-broker" (a learner of its own: --accept-lost-broker): ${groups} groups that were under way are dropped as broker_store_lost${steps}.`,
  );
}

/** Whether a failure in mid-run comes from the loss of the store: the error that says so, or else the failure itself. */
export async function explainedByLoss(
  { bus, run, folder, known }: { bus: Bus; run: string; folder: string; known: StreamIdentities },
  failure: unknown,
): Promise<unknown> {
  if (bus.connection.isClosed()) return failure;
  // A broker that does not answer now explains nothing.
  const now = await streamIdentities(bus).catch(() => known);
  const streams = replacedStreams(known, now);
  if (streams.length === 0) return failure;
  return new LearnerError(
    "EASEL_LEARNER_BROKER_LOST",
    `The broker of run ${run} lost its store in mid-run: ${streams.join(", ")} ${streams.length === 1 ? "is" : "are"} gone or made anew. Nothing more was trained. Restore the store from a copy and resume the run, or go on from its last checkpoint with "easel train --resume ${folder} --accept-lost-broker" (a learner of its own: --accept-lost-broker).`,
    { cause: failure },
  );
}

function identitiesIn({ streams, cursors }: LearnerState): StreamIdentities {
  const { results, scores } = cursors;
  return { [results.stream]: results.createdAt, [scores.stream]: scores.createdAt, ...streams };
}
