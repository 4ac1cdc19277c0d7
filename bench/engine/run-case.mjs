// Runs one case: starts a process for each variant, one after the other, then lets them compute in turns.
import { setTimeout as pause } from "node:timers/promises";
import { agreement } from "./agreement.mjs";
import { startJob, writeInputs } from "./measured-process.mjs";
import { median, ratioSpread, spread } from "./statistics.mjs";

/** A slice is about so long, so that what a switch between processes costs does not show. */
const sliceMs = 400;
const mostCallsOfSlice = 64;
/** Threads that spin after their last work have stopped by then. */
const settleMs = 30;

/**
 * @param options `{ threads, rounds, tools }`; `tools.python` is null when there is no PyTorch
 * @returns results by variant, or with `skipped` those left out
 */
export async function runCase(one, options) {
  const variants = one.variants.filter(({ job }) => job.side === "easel" || options.tools.python !== null);
  await writeInputs(one.inputs);
  const results =
    one.kind === "whole-process"
      ? await timeWholeProcesses(variants, options)
      : await timeInTurns(variants, { ...options, rounds: one.kind === "figures" ? 0 : options.rounds });
  return judged(one, results);
}

async function timeInTurns(variants, { threads, rounds, tools }) {
  const started = [];
  try {
    for (const variant of variants) {
      const warmUps = rounds === 0 ? 0 : 2;
      const child = startJob({ ...variant.job, threads, warmUps }, tools);
      started.push({ variant, child, roundMs: [], roundCpuMs: [] });
      const { library } = await child.next("started");
      await child.next("loaded");
      const ready = await child.next("ready");
      const onceMs = rounds === 0 ? ready.firstMs : (await child.slice(1)).ms[0];
      const calls = Math.min(mostCallsOfSlice, Math.max(1, Math.round(sliceMs / onceMs)));
      Object.assign(started.at(-1), { library, ready, calls });
    }
    for (let round = 0; round < rounds; round++) {
      const order = round % 2 === 0 ? started : [...started].reverse();
      for (const entry of order) {
        await pause(settleMs);
        const { ms, cpuMs } = await entry.child.slice(entry.calls);
        entry.roundMs.push(median(ms));
        entry.roundCpuMs.push(cpuMs / entry.calls);
      }
    }
    const results = [];
    for (const { variant, child, library, ready, roundMs, roundCpuMs } of started) {
      const { peakBytes, eventLoop = null } = await child.end();
      const { firstMs, check, explain = null } = ready;
      results.push({ variant, library, roundMs, roundCpuMs, firstMs, check, explain, peakBytes, eventLoop });
    }
    return results;
  } finally {
    for (const { child } of started) child.kill();
  }
}

/** Each round starts every variant anew. */
async function timeWholeProcesses(variants, { threads, rounds, tools }) {
  const results = variants.map((variant) => ({
    variant,
    roundMs: [],
    startMs: [],
    check: {},
    firstMs: null,
  }));
  // The first round fills the file cache for both.
  for (let round = -1; round < rounds; round++) {
    for (const result of results) {
      const begun = performance.now();
      const child = startJob({ ...result.variant.job, threads, warmUps: 0 }, tools);
      try {
        result.library = (await child.next("started")).library;
        const startMs = performance.now() - begun;
        await child.next("loaded");
        await child.next("ready");
        const wholeMs = performance.now() - begun;
        const { peakBytes } = await child.end();
        if (round < 0) continue;
        result.roundMs.push(wholeMs);
        result.startMs.push(startMs);
        result.peakBytes = peakBytes;
      } finally {
        child.kill();
      }
    }
  }
  return results;
}

/** Adds ratios to the first variant, agreement with it, and whether the goals are met. */
function judged(one, results) {
  const own = results[0];
  const tokens = tokensOf(one, own);
  const rows = results.map((result) => {
    const timed = result.roundMs.length > 0;
    const time = timed ? spread(result.roundMs) : null;
    return {
      name: result.variant.name,
      text: result.variant.text,
      library: result.library,
      timeMs: time,
      tokensPerSecond: time === null || tokens === null ? null : (tokens * 1000) / time.median,
      ratioToFirst: timed && result !== own ? ratioSpread(own.roundMs, result.roundMs) : null,
      agreement: result === own ? null : agreement(own.check, result.check, one.tolerance),
      firstMs: result.firstMs,
      startMs: result.startMs === undefined ? null : spread(result.startMs),
      peakBytes: result.peakBytes,
      eventLoop: result.eventLoop ?? null,
      figures: result.check.figures ?? null,
      explain: result.explain ?? null,
      roundMs: result.roundMs,
      roundCpuMs: result.roundCpuMs ?? null,
    };
  });
  return { name: one.name, title: one.title, rows, goals: one.goals.map((goal) => judgedGoal(goal, rows)) };
}

/** Tokens of one call. Those of a sampler are counted from what it drew. */
function tokensOf(one, own) {
  if (one.tokens !== "ids") return one.tokens;
  return own.check.ids.reduce((sum, row) => sum + row.length, 0);
}

function judgedGoal(goal, rows) {
  if (goal.kind === "ratio") {
    const row = rows.find(({ name }) => name === goal.variant);
    const value = row?.ratioToFirst?.median ?? null;
    return { ...goal, value, met: value === null ? null : value >= goal.atLeast };
  }
  const [own] = rows;
  if (goal.kind === "memory") {
    const other = rows.find(({ name }) => name === goal.variant)?.peakBytes;
    const value = other === undefined ? null : own.peakBytes / other;
    return { ...goal, value, met: value === null ? null : value <= 1 };
  }
  const figures = { firstMs: own.firstMs, gapP99Ms: own.eventLoop?.p99Ms, ...own.figures };
  const value = figures[goal.figure] ?? null;
  return { ...goal, value, met: value === null ? null : value <= goal.atMost };
}
