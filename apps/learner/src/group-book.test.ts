// Whatever the order and repetition of messages, a group is in exactly one state, and becomes ready exactly when everything named is there.
import { encodeMessage, messageDigest, type RolloutTask, sha256Hex } from "@easel/protocol";
import { sampleScore, sampleTask, sampleTrajectory } from "@easel/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { GroupBook } from "./group-book.js";

type Message = { readonly issue: number; readonly slice: number; readonly reward: string | null };

const tasks = [1, 2, 3].map((issue) => sampleTask("run", issue));
const messages: Message[] = [1, 2, 3].flatMap((issue) =>
  [0, 1].flatMap((slice) => [null, "pi", "sem"].map((reward) => ({ issue, slice, reward }))),
);

function taskOf(issue: number): RolloutTask {
  const task = tasks[issue - 1];
  if (task === undefined) throw new RangeError(`${issue}`);
  return task;
}

function give(book: GroupBook, { issue, slice, reward }: Message, sequence: number) {
  const trajectory = sampleTrajectory(taskOf(issue), slice, "a");
  if (reward !== null)
    return book.addScore(sampleScore(trajectory, reward, "b"), sha256Hex(reward), sequence);
  return book.addTrajectory(trajectory, messageDigest(encodeMessage("trajectory", trajectory)), sequence);
}

function bookWithTasks(): GroupBook {
  const book = new GroupBook();
  for (const task of tasks) book.issue(task);
  return book;
}

test("a group is ready exactly when all its slices and scores are there, in any order and with repetitions", () => {
  const order = fc.shuffledSubarray([...messages, ...messages], { minLength: 0 });
  fc.assert(
    fc.property(order, (given) => {
      const book = bookWithTasks();
      for (const [i, message] of given.entries())
        expect(give(book, message, i + 1)).toEqual({ taken: "kept" });
      for (const task of tasks) {
        const here = new Set(
          given.filter(({ issue }) => issue === task.issue).map((m) => `${m.slice}/${m.reward}`),
        );
        expect(book.stateOf(task.group)).toBe(here.size === 6 ? "ready" : "running");
      }
      const { running, accepted } = book.counters();
      expect(running + accepted).toBe(3);
      expect(book.ready()).toHaveLength(accepted);
    }),
  );
});

test("a settled group stays settled: nothing that comes later is kept, and it is never counted twice", () => {
  const script = fc.array(fc.oneof(fc.constantFrom(...messages), fc.constantFrom("train", "drop")), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(script, (steps) => {
      const book = bookWithTasks();
      const ended = new Map<string, string>();
      steps.forEach((step, i) => {
        if (typeof step !== "string") {
          const { taken } = give(book, step, i + 1);
          expect(taken).toBe(ended.has(taskOf(step.issue).group) ? "late" : "kept");
          return;
        }
        const group = step === "train" ? book.ready()[0]?.task.group : book.open()[0]?.group;
        if (group === undefined) return;
        const as = step === "train" ? "trained" : "dropped";
        expect(book.settle(group, as)).not.toBeNull();
        expect(book.settle(group, "dead")).toBeNull();
        ended.set(group, as);
      });
      for (const [group, as] of ended) expect(book.stateOf(group)).toBe(as);
      const { open, trained, dropped, dead } = book.totals();
      expect(open + trained + dropped + dead).toBe(3);
    }),
  );
});

test("a score for another picture is a fault, whichever of score and trajectory is read first", () => {
  const trajectory = sampleTrajectory(taskOf(1), 0, "a");
  const digest = messageDigest(encodeMessage("trajectory", trajectory));
  const good = sampleScore(trajectory, "pi", "b");
  const bad = {
    ...good,
    scores: good.scores.map((score) => ({ ...score, imageDigest: sha256Hex("another") })),
  };
  const refused = { taken: "fault", reason: "score_refused" };
  const scoreLast = bookWithTasks();
  scoreLast.addTrajectory(trajectory, digest, 1);
  expect(scoreLast.addScore(bad, "s", 1)).toMatchObject(refused);
  const scoreFirst = bookWithTasks();
  expect(scoreFirst.addScore(bad, "s", 1)).toEqual({ taken: "kept" });
  expect(scoreFirst.addTrajectory(trajectory, digest, 1)).toMatchObject(refused);
});

test("the watermark never passes a message of an open group, and remembers what ended above it", () => {
  const book = bookWithTasks();
  give(book, { issue: 2, slice: 0, reward: null }, 5);
  give(book, { issue: 1, slice: 0, reward: null }, 7);
  give(book, { issue: 3, slice: 0, reward: null }, 9);
  book.settle(taskOf(1).group, "dropped");
  expect(book.watermarks({ results: 9, scores: 4 })).toEqual({
    results: 4,
    scores: 4,
    settledAbove: [taskOf(1).group],
  });
  book.settle(taskOf(2).group, "dropped");
  expect(book.watermarks({ results: 9, scores: 4 })).toMatchObject({ results: 8, settledAbove: [] });
});
