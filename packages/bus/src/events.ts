// Events: published without waiting and without a fence, because nothing depends on them.
import {
  decodeMessage,
  type EventKind,
  type EventRecord,
  encodeMessage,
  ProtocolError,
  subjects,
} from "@easel/protocol";
import type { Bus } from "./connect.js";
import { type CursorState, StreamCursor } from "./stream-cursor.js";
import { streamNames } from "./stream-definitions.js";

/** Sends an event. Lost when the connection is; never throws for that. */
export function publishEvent(bus: Bus, event: EventRecord): void {
  if (bus.connection.isClosed()) return;
  bus.connection.publish(
    subjects.event(event.run, event.kind, event.source),
    encodeMessage("eventRecord", event),
  );
}

/** The latest `state` event of each process of a run: what each is doing and waiting for. */
export async function latestStates(bus: Bus, run: string): Promise<EventRecord[]> {
  const filter = subjects.events(run, "state");
  const info = await bus.jsm.streams.info(streamNames.events, { subjects_filter: filter });
  const states: EventRecord[] = [];
  for (const subject of Object.keys(info.state.subjects ?? {}).sort()) {
    const message = await bus.jsm.streams.getMessage(streamNames.events, { last_by_subj: subject });
    if (message !== null) states.push(decodeMessage("eventRecord", Uint8Array.from(message.data)));
  }
  return states;
}

export type EventCursor = {
  readonly state: CursorState;
  read(max: number, waitMs: number): Promise<EventRecord[]>;
  close(): Promise<void>;
};

/** Events of a run in order, oldest kept first or from a kept position; what cannot be read is skipped. */
export async function openEventCursor(
  bus: Bus,
  run: string,
  options: { readonly kind?: EventKind; readonly resume?: CursorState } = {},
): Promise<EventCursor> {
  const cursor = await StreamCursor.open(bus, {
    stream: streamNames.events,
    filter: subjects.events(run, options.kind ?? "*"),
    ...(options.resume === undefined ? {} : { resume: options.resume }),
  });
  return {
    get state() {
      return cursor.state;
    },
    read: async (max, waitMs) => {
      const events: EventRecord[] = [];
      for (const entry of await cursor.read(max, waitMs)) {
        try {
          events.push(decodeMessage("eventRecord", entry.bytes));
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
        }
      }
      return events;
    },
    close: () => cursor.close(),
  };
}
