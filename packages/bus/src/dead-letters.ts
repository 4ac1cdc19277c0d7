// Dead letters: written when a worker gives a message up, or when the server has delivered it too often. The server says the
// latter by advisories only, which are kept in a stream and swept.
import { randomUUID } from "node:crypto";
import { type DeadLetter, decodeMessage, encodeMessage, parseResultSubject, subjects } from "@easel/protocol";
import type { Bus } from "./connect.js";
import { publishFenced } from "./fenced-publish.js";
import { StreamCursor } from "./stream-cursor.js";
import { streamNames } from "./stream-definitions.js";

/** Writes a dead letter, once for each group (rollout) or slice and reward (score). */
export async function buryLetter(bus: Bus, letter: DeadLetter): Promise<void> {
  const { run, group, slice, reward } = letter;
  const subject =
    letter.stage === "score" && slice !== null && reward !== null
      ? subjects.deadScore(run, group, slice, reward)
      : subjects.deadRollout(run, group);
  bus.observe({ name: "dead_letter", level: "alarm", fields: { subject, reason: letter.reason } });
  await publishFenced(bus, {
    stream: streamNames.dead,
    subject,
    bytes: encodeMessage("deadLetter", letter),
    attempt: randomUUID(),
  });
}

/** All dead letters of a run, oldest first. */
export async function readDeadLetters(bus: Bus, run: string): Promise<DeadLetter[]> {
  const cursor = await StreamCursor.open(bus, { stream: streamNames.dead, filter: subjects.dead(run) });
  try {
    return (await cursor.readAll()).map((entry) => decodeMessage("deadLetter", entry.bytes));
  } finally {
    await cursor.close();
  }
}

type MaxDeliveriesAdvisory = {
  readonly stream: string;
  readonly consumer: string;
  readonly stream_seq: number;
  readonly deliveries: number;
};

/**
 * Buries what has been delivered too often: writes its dead letter and, for a task, removes the task, which would otherwise
 * stay in the work queue for ever. Looks at all kept advisories, and at tasks that no consumer will deliver again, so it can
 * be run at start and at any time. Returns the number of letters it had to look at.
 */
export async function sweepDeadLetters(bus: Bus, run: string): Promise<number> {
  const cursor = await StreamCursor.open(bus, { stream: streamNames.advisories, filter: ">" });
  let swept = 0;
  try {
    for (const entry of await cursor.readAll()) {
      const advisory = JSON.parse(new TextDecoder().decode(entry.bytes)) as MaxDeliveriesAdvisory;
      if (await buryByAdvisory(bus, run, advisory)) swept += 1;
    }
  } finally {
    await cursor.close();
  }
  return swept + (await buryStuckTasks(bus, run));
}

async function buryByAdvisory(bus: Bus, run: string, advisory: MaxDeliveriesAdvisory): Promise<boolean> {
  if (advisory.stream !== streamNames.tasks && advisory.stream !== streamNames.results) return false;
  const message = await bus.jsm.streams.getMessage(advisory.stream, { seq: advisory.stream_seq });
  if (message === null) return false;
  const reason = `delivered ${advisory.deliveries} times without success`;
  const common = { run, reason, deliveries: advisory.deliveries, atMs: bus.clock.wallMs() };
  if (advisory.stream === streamNames.tasks) {
    const group = groupOfTaskSubject(run, message.subject);
    if (group === null) return false;
    await buryLetter(bus, { ...common, group, stage: "rollout", slice: null, reward: null });
    await bus.jsm.streams.deleteMessage(streamNames.tasks, advisory.stream_seq);
    return true;
  }
  const address = parseResultSubject(message.subject);
  const reward = rewardOfConsumer(run, advisory.consumer);
  if (address === null || address.run !== run || reward === null) return false;
  const { group, slice } = address;
  if (await hasScore(bus, subjects.score(run, group, slice, reward))) return false;
  await buryLetter(bus, { ...common, group, stage: "score", slice, reward });
  return true;
}

/** An advisory can be missed, but its trace cannot: a task that is stored, not pending and not in anybody's hands. */
async function buryStuckTasks(bus: Bus, run: string): Promise<number> {
  const consumer = await bus.jsm.consumers.info(streamNames.tasks, `rollout-${run}`);
  if (consumer.num_pending > 0 || consumer.num_ack_pending > 0) return 0;
  const cursor = await StreamCursor.open(bus, {
    stream: streamNames.tasks,
    filter: subjects.rolloutTasks(run),
    byGet: true,
  });
  let swept = 0;
  for (const entry of await cursor.readAll()) {
    const group = groupOfTaskSubject(run, entry.subject);
    // Published after the consumer was looked at: it is new, not stuck.
    if (group === null || entry.sequence > consumer.delivered.stream_seq) continue;
    await buryLetter(bus, {
      run,
      group,
      stage: "rollout",
      slice: null,
      reward: null,
      reason: "delivered too often without success",
      deliveries: consumer.config.max_deliver ?? 0,
      atMs: bus.clock.wallMs(),
    });
    await bus.jsm.streams.deleteMessage(streamNames.tasks, entry.sequence);
    swept += 1;
  }
  return swept;
}

function groupOfTaskSubject(run: string, subject: string): string | null {
  const prefix = `task.${run}.rollout.`;
  return subject.startsWith(prefix) ? subject.slice(prefix.length) : null;
}

function rewardOfConsumer(run: string, consumer: string): string | null {
  const prefix = `reward-${run}-`;
  return consumer.startsWith(prefix) ? consumer.slice(prefix.length) : null;
}

async function hasScore(bus: Bus, subject: string): Promise<boolean> {
  return (await bus.jsm.streams.getMessage(streamNames.scores, { last_by_subj: subject })) !== null;
}
