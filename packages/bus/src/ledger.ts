// The ledger: the append-only account of a run. Each record has a subject of its own and is fenced there, so that an issue number,
// a step of an epoch or a group's end exists once.
import { randomUUID } from "node:crypto";
import { decodeMessage, encodeMessage, type LedgerRecord, runOfRecord, subjects } from "@easel/protocol";
import type { Bus } from "./connect.js";
import { BusError } from "./errors.js";
import { publishFenced } from "./fenced-publish.js";
import { type CursorState, StreamCursor } from "./stream-cursor.js";
import { streamNames } from "./stream-definitions.js";

export type LedgerEntry = { readonly sequence: number; readonly record: LedgerRecord };

/** `occupied`: another record is there already, and it is given. It may say the same; the caller compares. */
export type AppendOutcome =
  | { readonly outcome: "appended"; readonly sequence: number }
  | { readonly outcome: "occupied"; readonly sequence: number; readonly stored: LedgerRecord };

/** The subject that a record is fenced on. */
export function ledgerSubject(record: LedgerRecord): string {
  const run = runOfRecord(record);
  switch (record.kind) {
    case "issue":
      return subjects.ledgerIssue(run, record.task.issue);
    case "verdict":
      return subjects.ledgerVerdict(run, record.group, record.epoch);
    case "manifest":
      return subjects.ledgerManifest(run, record.epoch, record.step);
    case "epoch":
      return subjects.ledgerEpoch(run, record.epoch);
  }
}

/** Appends a record, or returns the one that holds its place. Durable when it resolves. */
export async function appendLedger(bus: Bus, record: LedgerRecord): Promise<AppendOutcome> {
  const outcome = await publishFenced(bus, {
    stream: streamNames.ledger,
    subject: ledgerSubject(record),
    bytes: encodeMessage("ledgerRecord", record),
    attempt: randomUUID(),
  });
  if (outcome.outcome !== "fenced") return { outcome: "appended", sequence: outcome.sequence };
  if (outcome.bytes === null || outcome.sequence === null) {
    // Nothing is ever removed from the ledger, so this is a stored record that cannot be read.
    throw new BusError(
      "EASEL_BUS_PUBLISH_REFUSED",
      `The ledger refused a record on ${ledgerSubject(record)} and has nothing there. Check the LEDGER stream and its store for damage.`,
    );
  }
  return {
    outcome: "occupied",
    sequence: outcome.sequence,
    stored: decodeMessage("ledgerRecord", outcome.bytes),
  };
}

export type LedgerReading = { readonly entries: readonly LedgerEntry[]; readonly state: CursorState };

/** All records of a run in the order in which they became durable, from the beginning or from a kept position. */
export async function readLedger(bus: Bus, run: string, resume?: CursorState): Promise<LedgerReading> {
  const cursor = await StreamCursor.open(bus, {
    stream: streamNames.ledger,
    filter: subjects.ledger(run),
    ...(resume === undefined ? {} : { resume }),
  });
  try {
    const entries = (await cursor.readAll()).map((entry) => ({
      sequence: entry.sequence,
      record: decodeMessage("ledgerRecord", entry.bytes),
    }));
    return { entries, state: cursor.state };
  } finally {
    await cursor.close();
  }
}
