// What operators get: logs without secrets that survive a crash, metrics that Prometheus reads, a line that fits.
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  createLiveDisplay,
  createLogger,
  createMetrics,
  formatClock,
  formatCount,
  type LiveState,
  metricTable,
  redactFields,
  redactText,
  renderLiveLine,
  startScrapeServer,
  statusOf,
} from "./index.js";

const state: LiveState = {
  step: 43,
  steps: 200,
  batchReward: 0.5921,
  devReward: 0.61,
  samplesPerSecond: 45.4,
  tokensPerSecond: 4680,
  staleness: 0.5,
  timeLeftMs: 462_000,
  engine: "tensorflow 2.21.0",
};

test("a log line is on the disk at once, is JSON, and holds no secret", () => {
  const file = join(mkdtempSync(join(tmpdir(), "easel-log-")), "logs", "learner.log");
  const logger = createLogger({ name: "learner", file, fields: { run: "nano" } });
  logger.info(
    { apiKey: "sk-1", url: "nats://me:pw@host:4222", tokens: 12 },
    "Connected to nats://me:pw@host.",
  );
  logger
    .child({ group: "7" })
    .error({ err: new Error("no", { cause: new Error("Bearer abcdefgh") }) }, "Failed.");
  logger.debug({}, "Not shown.");
  const lines = readFileSync(file, "utf8").trim().split("\n");
  expect(lines).toHaveLength(2);
  const [first, second] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(first).toMatchObject({
    level: "info",
    name: "learner",
    run: "nano",
    apiKey: "[redacted]",
    tokens: 12,
  });
  expect(first?.msg).toBe("Connected to nats://[redacted]@host.");
  expect(second).toMatchObject({
    level: "error",
    group: "7",
    err: { message: "no", cause: { message: "Bearer [redacted]" } },
  });
  expect(readFileSync(file, "utf8")).not.toMatch(/pw|sk-1|abcdefgh/);
});

test("secrets are masked at any depth; counts of tokens are not secrets", () => {
  const hidden = redactFields({
    a: [{ authorization: "x", password: "y" }],
    tokensPerSecond: 3,
    accessToken: "z",
  });
  expect(hidden).toEqual({
    a: [{ authorization: "[redacted]", password: "[redacted]" }],
    tokensPerSecond: 3,
    accessToken: "[redacted]",
  });
  expect(redactText("https://h/p?token=abc&x=1")).toBe("https://h/p?token=[redacted]&x=1");
  expect(redactFields(new Uint8Array(3))).toBe("[Uint8Array, 3 bytes]");
});

test("a circular value does not hang a log line", () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  expect(JSON.stringify(redactFields(circle))).toContain("[deeper]");
});

test("metrics are exposed with their process, and misuse is refused", async () => {
  const metrics = createMetrics("learner");
  metrics.count("easel_samples_total", 128);
  metrics.count("easel_samples_total", 128);
  metrics.set("easel_reward_mean", 0.5, { reward: "sem" });
  metrics.observe("easel_rollout_seconds", 1.3);
  const text = await metrics.expose();
  expect(text).toContain('easel_samples_total{process="learner"} 256');
  expect(text).toContain('easel_reward_mean{reward="sem",process="learner"} 0.5');
  expect(text).toContain('easel_rollout_seconds_bucket{le="3",process="learner"} 1');
  expect(() => metrics.set("easel_samples_total", 1)).toThrow("is a counter");
  expect(() => metrics.set("easel_reward_mean", 1)).toThrow("labels [reward]");
});

test("two processes' registries are apart", async () => {
  createMetrics("a").count("easel_samples_total");
  expect(await createMetrics("b").expose()).not.toContain("easel_samples_total");
});

test("metric names follow Prometheus' habits", () => {
  for (const [name, { kind, help }] of Object.entries(metricTable)) {
    expect(name).toMatch(/^easel_[a-z_]+$/);
    expect(name.endsWith("_total"), name).toBe(kind === "counter");
    if (kind === "histogram") expect(name).toMatch(/_seconds$/);
    expect(help.length).toBeGreaterThan(5);
  }
});

test("the endpoint serves metrics and health, and says when its port is taken", async () => {
  const metrics = createMetrics("learner");
  metrics.set("easel_learner_step", 3);
  let healthy = true;
  const server = await startScrapeServer(metrics, { port: 0, healthy: () => healthy });
  const base = `http://127.0.0.1:${server.port}`;
  expect(await (await fetch(`${base}/metrics`)).text()).toContain("easel_learner_step");
  expect((await fetch(`${base}/healthz`)).status).toBe(200);
  healthy = false;
  expect((await fetch(`${base}/healthz`)).status).toBe(503);
  expect((await fetch(`${base}/else`)).status).toBe(404);
  await expect(startScrapeServer(metrics, { port: server.port })).rejects.toMatchObject({
    code: "EASEL_TELEMETRY_PORT",
  });
  await server.close();
});

test("the live line tells step, rewards, speed, staleness, time left and engine", () => {
  expect(renderLiveLine(state)).toBe(
    "step 43/200 · reward .592, dev .610 · 7:42 left · 45 samples/s · 4.7k tokens/s · staleness 0.5 · tensorflow 2.21.0",
  );
  expect(renderLiveLine({ ...state, waiting: "a scored group" }, 40)).toContain("waiting for a scored group");
});

test("the live line never exceeds its width and never breaks", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.double(), fc.nat(), (width, value, step) => {
      const line = renderLiveLine({ ...state, step, batchReward: value, tokensPerSecond: value }, width);
      expect(line.length).toBeLessThanOrEqual(width);
      expect(line).not.toContain("\n");
    }),
  );
});

test("a terminal gets one line redrawn, with notes above it", () => {
  let now = 0;
  let written = "";
  const display = createLiveDisplay({
    write: (text) => {
      written += text;
    },
    isTerminal: true,
    columns: () => 60,
    now: () => now,
  });
  display.update(state);
  display.update({ ...state, step: 44 });
  expect(written).not.toContain("step 44");
  now += 250;
  display.update({ ...state, step: 45 });
  display.note("checkpoint 45");
  display.close();
  display.close();
  expect(written).toContain("step 45");
  expect(written.split("\n")).toHaveLength(3);
});

test("elsewhere a line comes every few seconds, and the last state is not lost", () => {
  let now = 0;
  const lines: string[] = [];
  const display = createLiveDisplay({ write: (text) => lines.push(text), isTerminal: false, now: () => now });
  for (let second = 0; second < 25; second++) {
    now = second * 1000;
    display.update({ ...state, step: second });
  }
  display.close();
  expect(lines.map((line) => line.split(" · ")[0])).toEqual([
    "step 0/200",
    "step 10/200",
    "step 20/200",
    "step 24/200",
  ]);
});

test("status names each wait, since when and until when, and marks what is overdue or silent", () => {
  const text = statusOf(
    [
      { process: "rollout-1", state: "drawing", seenMs: 70_000, waits: [] },
      {
        process: "learner",
        state: "waiting",
        seenMs: 99_000,
        engine: "tensorflow 2.21.0",
        waits: [{ name: "a scored group", sinceMs: 40_000, deadlineMs: 95_000 }],
      },
    ],
    100_000,
  );
  expect(text.split("\n")).toEqual([
    "  learner    waiting, seen 1 s ago, tensorflow 2.21.0",
    "!            waits for a scored group since 60 s, overdue by 5 s",
    "! rollout-1  drawing, silent for 30 s",
  ]);
  expect(statusOf([], 0)).toContain("No process");
});

test("figures are short", () => {
  expect([0.5, 9, 45.4, 999, 22_100, 3.2e6, null].map(formatCount)).toEqual([
    "0.5",
    "9",
    "45",
    "999",
    "22.1k",
    "3.2M",
    "–",
  ]);
  expect([0, 61_000, 4_062_000, null].map(formatClock)).toEqual(["0:00", "1:01", "1:07:42", "–"]);
});
