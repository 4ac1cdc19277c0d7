// The end of a run: measures it before and after training, and writes samples, summary and report. Training has ended and
// all its processes are gone; everything here can be made again by resuming the run.
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { decodeRows, type RunConfig } from "@easel/config";
import {
  duration,
  endTable,
  evaluationCache,
  fatesLine,
  type ModelEvaluation,
  type RunFolder,
  type RunSummary,
  readBestPolicy,
  readMetrics,
  type SplitResult,
  samplePhases,
  writeReport,
  writeSamples,
  writeSummary,
} from "@easel/runs";
import { cacheFolder } from "../cache-folder.js";
import { drawWays } from "../evaluation/draw-ways.js";
import { type MeasureOptions, measureModels, type SplitToMeasure } from "../evaluation/measure-models.js";
import type { ModelUnderTest } from "../evaluation/model-under-test.js";
import { splitResult } from "../evaluation/split-result.js";
import { checkpointDigest, fileDigest } from "../model/checkpoint-digest.js";
import { startChosenEngine } from "../model/chosen-engine.js";
import { bestNote } from "./best-note.js";
import type { RunFates } from "./fates.js";
import { runTimes } from "./run-times.js";
import { trainedPolicy } from "./trained-policy.js";

/** Prompts whose first samples are kept as pictures: four of each skill. */
const keptPrompts = 24;

/** A finished training. */
export type Conclusion = {
  readonly folder: RunFolder;
  readonly config: RunConfig;
  readonly fates: RunFates;
  /** When this start of the run began, Unix ms. */
  readonly startedMs: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Says a line to the user. */
  readonly say: (line: string) => void;
  /** A clock in Unix ms. */
  readonly nowMs: () => number;
  /** Aborted when the user does not want to wait. */
  readonly signal: AbortSignal;
};

/** Measures, writes, and prints the table of before and after. */
export async function concludeRun(conclusion: Conclusion): Promise<RunSummary> {
  const { folder, config, say, nowMs } = conclusion;
  const beganMs = nowMs();
  const splits = splitsOf(config);
  const prompts = splits.map(({ split, prompts: count }) => `${count} ${split}`).join(" and ");
  say(
    `measuring on ${prompts} prompts, before and after training, at temperature 1 and near-greedy; Ctrl-C leaves it for later`,
  );
  const engine = await startChosenEngine({ EASEL_ENGINE: config.engine.backend }, say);
  const { checkpoint, lora } = config.model;
  const alpha = lora?.alpha;
  const policyFile = await trainedPolicy(folder.checkpoints);
  const weights = { before: await checkpointDigest(checkpoint), after: await fileDigest(policyFile) };
  const start: ModelUnderTest = { name: "start", checkpoint, policyFile: null, alpha: undefined };
  const trained: ModelUnderTest = { name: "trained", checkpoint, policyFile, alpha };
  const [before, after] = await measureModels([start, trained], splits, optionsOf(config), {
    engine,
    cache: evaluationCache(join(cacheFolder(conclusion.env), "evaluations")),
    say,
    nowMs,
    signal: conclusion.signal,
  });
  say(`measured in ${duration((nowMs() - beganMs) / 1000)}`);
  await keepPictures(folder, before, samplePhases.sampled.before, samplePhases.greedy.before);
  await keepPictures(folder, after, samplePhases.sampled.after, samplePhases.greedy.after);
  const resultOf = (split: "dev" | "test"): SplitResult | null => {
    const isOf = (one: ModelEvaluation): boolean => one.split === split;
    const found = before?.find(isOf);
    return found === undefined ? null : splitResult(found, after?.find(isOf) ?? null);
  };
  const { records } = await readMetrics(folder.metrics);
  const times = runTimes(records, conclusion.startedMs, nowMs());
  const best = bestNote(await readBestPolicy(folder), times.steps, folder.id);
  const summary: RunSummary = {
    format: 1,
    id: folder.id,
    // The configuration is written once, at the start.
    startedAt: (await stat(folder.config)).mtime.toISOString(),
    finishedAt: new Date(nowMs()).toISOString(),
    ending: "finished",
    engine,
    ...times,
    groups: conclusion.fates.groups,
    samples: conclusion.fates.samples,
    weights,
    results: { dev: resultOf("dev"), test: resultOf("test") },
    notes: [...conclusion.fates.notes, ...(best === null ? [] : [best])],
  };
  await writeSummary(folder, summary);
  const report = await writeReport(folder);
  const { seconds, throughput, steps } = summary;
  say(`\n${endTable(summary)}`);
  say(fatesLine("groups", summary.groups));
  say(fatesLine("samples", summary.samples));
  say(
    `${steps} updates in ${duration(seconds.training)} of training (${throughput.samplesPerSecond.toFixed(1)} samples/s), ${duration(seconds.total)} in all`,
  );
  if (best !== null) say(best);
  say(`report: ${report}`);
  return summary;
}

function splitsOf({ world, evaluation }: RunConfig): SplitToMeasure[] {
  const split = (name: "dev" | "test", available: number, samples: number): SplitToMeasure => {
    const prompts = Math.min(available, samples);
    return { split: name, prompts, samplesPerPrompt: Math.floor(samples / prompts) };
  };
  return [
    split("test", world.testPrompts, evaluation.testSamples),
    split("dev", world.devPrompts, evaluation.devSamples),
  ];
}

function optionsOf({ run, rollout, grpo, model }: RunConfig): MeasureOptions {
  return {
    ways: drawWays([1, 0], [rollout.guidanceScale], [run.seed]),
    promptSeed: run.seed,
    textCap: rollout.textCap,
    maxRows: decodeRows({ rollout, grpo }),
    weights: model.weights,
  };
}

/** The pictures that the report pairs, of the test prompts. */
async function keepPictures(
  folder: RunFolder,
  evaluations: readonly ModelEvaluation[] | undefined,
  sampledPhase: string,
  greedyPhase: string,
): Promise<void> {
  const test = evaluations?.find(({ split }) => split === "test");
  for (const { key, samples } of test?.drawn ?? []) {
    const { temperature, seed } = key;
    const phase = temperature === 0 ? greedyPhase : sampledPhase;
    await writeSamples(folder.samples, samples, keptPrompts, { phase, temperature, seed });
  }
}
