// The queue of rollout tasks: the learner publishes, any number of workers of a run pull. A task is there at most once at a
// time; it comes back when its worker goes silent, and every result is fenced, so doing it twice harms nothing.
import { randomUUID } from "node:crypto";
import { encodeMessage, type RolloutTask, subjects } from "@easel/protocol";
import type { Bus } from "./connect.js";
import { buryLetter } from "./dead-letters.js";
import { publishFenced } from "./fenced-publish.js";
import { type Leased, LeasedQueue } from "./leased-queue.js";
import { streamNames } from "./stream-definitions.js";
import { rolloutConsumer } from "./topology.js";

export type LeasedTask = Leased<RolloutTask>;

/**
 * Puts a task into the queue unless it is there already.
 * Write its issue record to the ledger first: a task without one cannot be accounted for.
 */
export async function publishTask(bus: Bus, task: RolloutTask): Promise<"published" | "already_there"> {
  const outcome = await publishFenced(bus, {
    stream: streamNames.tasks,
    subject: subjects.rolloutTask(task.run, task.group),
    bytes: encodeMessage("rolloutTask", task),
    attempt: randomUUID(),
  });
  return outcome.outcome === "fenced" ? "already_there" : "published";
}

/** The worker's side: `pull(max, waitMs)` gives leased tasks. */
export function openTaskQueue(
  bus: Bus,
  options: { readonly run: string; readonly firstDeadlineMs?: number },
): LeasedQueue<"rolloutTask"> {
  const { run, ...rest } = options;
  const prefix = `task.${run}.rollout.`;
  return new LeasedQueue({
    ...rest,
    bus,
    stream: streamNames.tasks,
    consumer: rolloutConsumer(run),
    type: "rolloutTask",
    bury: async (delivery, _task, reason) => {
      await buryLetter(bus, {
        run,
        group: delivery.subject.slice(prefix.length),
        stage: "rollout",
        slice: null,
        reward: null,
        reason,
        deliveries: delivery.position.deliveries,
        atMs: bus.clock.wallMs(),
      });
    },
  });
}
