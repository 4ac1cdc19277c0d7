// Things worth showing: hop times, worker states, metrics, alarms. Correctness never depends on one of them.
import { z } from "zod";
import { isJsonValue, type JsonValue } from "./canonical-json.js";
import { nameSchema } from "./names.js";
import { atMsSchema } from "./scalars.js";

/** `hop`: a group moved on; `state`: what a process does and waits for; `metric`: numbers of a step; `alarm`: look here. */
export type EventKind = "hop" | "state" | "metric" | "alarm";

export type EventRecord = {
  readonly run: string;
  readonly kind: EventKind;
  /** The process it comes from, such as `learner` or `rollout-1`. */
  readonly source: string;
  /** What happened, such as `group.issued` or `step`. */
  readonly name: string;
  readonly atMs: number;
  readonly data: { readonly [key: string]: JsonValue };
};

export const eventRecordSchema: z.ZodType<EventRecord> = z.strictObject({
  run: nameSchema,
  kind: z.enum(["hop", "state", "metric", "alarm"]),
  source: nameSchema,
  name: z.string().min(1),
  atMs: atMsSchema,
  data: z.custom<{ readonly [key: string]: JsonValue }>(
    (value) => isJsonValue(value) && value !== null && typeof value === "object" && !Array.isArray(value),
    "must be a plain JSON object",
  ),
});
