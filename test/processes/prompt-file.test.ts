// Training prompts from a file: what is wrong with it is said before anything starts; what is right is drawn from in seeded order, and
// again after a resume.
import { appendFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connectBus, readLedger } from "@easel/bus";
import { type PromptSpec, promptSet } from "@easel/shapeworld";
import { type NatsServer, startNats } from "@easel/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { RunUnderTest } from "./run-under-test.js";
import { TrainUnderTest } from "./train-under-test.js";

const LIMIT_MS = 180_000;

let server: NatsServer;
let train: TrainUnderTest;
beforeAll(async () => {
  server = await startNats();
});
afterAll(() => server.dispose());
beforeEach(async () => {
  train = await TrainUnderTest.make();
});
afterEach(() => train.dispose());

const text = (prompts: readonly PromptSpec[]): string => prompts.map((one) => JSON.stringify(one)).join("\n");

async function issued(url: string, run: string): Promise<string[]> {
  const bus = await connectBus({ servers: url, name: "test" });
  try {
    const { entries } = await readLedger(bus, run);
    return entries.flatMap(({ record }) => (record.kind === "issue" ? [record.task.promptText] : []));
  } finally {
    await bus.close();
  }
}

test(
  "an empty file, broken JSON, a wrong record and a held-out prompt each end with one message and make no run",
  async () => {
    const file = join(train.folder, "prompts.jsonl");
    const dev = promptSet("dev", 1, 1);
    const cases = [
      { content: "", says: /^error: \S+prompts\.jsonl is empty/m },
      {
        content: `${text(promptSet("train", 1, 1))}\n{"text":`,
        says: /^error: \S+prompts\.jsonl:2 is not JSON/m,
      },
      { content: '{"text": "a red circle"}', says: /^error: \S+prompts\.jsonl:1 is not a prompt/m },
      {
        content: text(dev),
        says: /^error: [\s\S]*line 1 \(dev\)[\s\S]*\(EASEL_SHAPEWORLD_HELD_OUT_PROMPT\)/m,
      },
    ];
    for (const { content, says } of cases) {
      await writeFile(file, content);
      const run = await train.start({}, [`world.trainFile=${file}`]);
      expect((await run.exited).code, run.output).toBe(1);
      expect(run.output).toMatch(says);
      expect(run.output).not.toMatch(/^\s+at /m);
    }
    const absent = await train.start({}, [`world.trainFile=${file}.gone`]);
    expect((await absent.exited).code, absent.output).toBe(1);
    expect(absent.output).toMatch(/^error: The prompt file \S+ cannot be read/m);
    expect(await readdir(join(train.folder, "runs")).catch(() => [])).toEqual([]);
  },
  LIMIT_MS,
);

test(
  "the prompts of a file are issued once a pass in an order of the seed, the same after a resume; a changed file is refused",
  async () => {
    const file = join(train.folder, "prompts.jsonl");
    const prompts = promptSet("train", 6, 3);
    await writeFile(file, text(prompts));
    const sets = [`world.trainFile=${file}`, "learner.steps=6"];
    const whole = await RunUnderTest.make(server, "file-whole", sets);
    const cut = await RunUnderTest.make(server, "file-cut", sets);
    try {
      const first = whole.start("learner", "learner");
      const killed = cut.start("learner", "learner", { EASEL_TEST_KILL_AT: "manifest-durable@3" });
      for (const run of [whole, cut]) {
        run.start("rollout", "rollout-1");
        run.start("reward", "reward-1");
      }
      expect(await first.exited, first.output).toEqual({ code: 0, signal: null });
      expect((await killed.exited).signal, killed.output).toBe("SIGKILL");

      const before = await readFile(file, "utf8");
      await appendFile(file, `\n${text(promptSet("train", 1, 9))}`);
      const refused = cut.start("learner", "learner");
      expect((await refused.exited).code, refused.output).toBe(1);
      expect(refused.output).toMatch(/^EASEL_LEARNER_PROMPTS_CHANGED: .*world\.trainFile/);
      expect(refused.output.trim().split("\n")).toHaveLength(1);

      await writeFile(file, before);
      const last = cut.start("learner", "learner");
      expect(await last.exited, last.output).toEqual({ code: 0, signal: null });
      await cut.expectConserved(12);

      const [a, b] = [await issued(server.url, "file-whole"), await issued(server.url, "file-cut")];
      const both = Math.min(a.length, b.length);
      expect(both).toBeGreaterThanOrEqual(12);
      expect(a.slice(0, both)).toEqual(b.slice(0, both));
      const texts = prompts.map((prompt) => prompt.text).sort();
      expect(a.slice(0, 6).sort()).toEqual(texts);
      expect(a.slice(6, 12).sort()).toEqual(texts);
      expect(a.slice(0, 6)).not.toEqual(a.slice(6, 12));
    } finally {
      await whole.dispose();
      await cut.dispose();
    }
  },
  LIMIT_MS,
);
