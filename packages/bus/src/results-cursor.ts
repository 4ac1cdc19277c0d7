// The learner's own reading of RESULTS and SCORES: decoded, in order, from positions that its checkpoint holds.
import {
  decodeMessage,
  messageDigest,
  ProtocolError,
  type ScoreVector,
  subjects,
  type Trajectory,
} from "@easel/protocol";
import type { Bus } from "./connect.js";
import { type CursorEntry, type CursorState, StreamCursor } from "./stream-cursor.js";
import { streamNames } from "./stream-definitions.js";

/** A message that was read; `fault` instead of a message when its bytes cannot be one. */
export type Received<M> = { readonly sequence: number; readonly subject: string; readonly digest: string } & (
  | { readonly message: M; readonly fault: null }
  | { readonly message: null; readonly fault: ProtocolError }
);

export type ResultCursor<M> = {
  readonly state: CursorState;
  read(max: number, waitMs: number): Promise<Received<M>[]>;
  readAll(): Promise<Received<M>[]>;
  close(): Promise<void>;
};

export async function openTrajectoryCursor(
  bus: Bus,
  run: string,
  resume?: CursorState,
): Promise<ResultCursor<Trajectory>> {
  const cursor = await openOn(bus, streamNames.results, subjects.trajectories(run), resume);
  return decoded(cursor, (bytes) => decodeMessage("trajectory", bytes));
}

export async function openScoreCursor(
  bus: Bus,
  run: string,
  resume?: CursorState,
): Promise<ResultCursor<ScoreVector>> {
  const cursor = await openOn(bus, streamNames.scores, subjects.scores(run), resume);
  return decoded(cursor, (bytes) => decodeMessage("scoreVector", bytes));
}

async function openOn(bus: Bus, stream: string, filter: string, resume?: CursorState): Promise<StreamCursor> {
  return await StreamCursor.open(bus, { stream, filter, ...(resume === undefined ? {} : { resume }) });
}

function decoded<M>(cursor: StreamCursor, decode: (bytes: Uint8Array) => M): ResultCursor<M> {
  const receive = (entry: CursorEntry): Received<M> => {
    const common = { sequence: entry.sequence, subject: entry.subject, digest: messageDigest(entry.bytes) };
    try {
      return { ...common, message: decode(entry.bytes), fault: null };
    } catch (error) {
      if (error instanceof ProtocolError) return { ...common, message: null, fault: error };
      throw error;
    }
  };
  return {
    get state() {
      return cursor.state;
    },
    read: async (max, waitMs) => (await cursor.read(max, waitMs)).map(receive),
    readAll: async () => (await cursor.readAll()).map(receive),
    close: () => cursor.close(),
  };
}
