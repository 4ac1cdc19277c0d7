// The loop of supervised training: batch, passes, schedule, reports. The update itself is sft-step.ts; where rows come
// from, training-batches.ts; what is written on the way, the caller's.
import { type PartWeights, packSequences } from "@easel/janus";
import { TrainingError } from "../errors.js";
import { rateFactorAt, type SftSchedule, totalSteps } from "./sft-schedule.js";
import type { SftOptimisation, SftReport, SftStep } from "./sft-step.js";
import type { BatchMix, BatchSource } from "./training-batches.js";

/** How long, how fast, on what mix. */
export type SftTraining = SftOptimisation &
  BatchMix &
  SftSchedule & {
    readonly parts: PartWeights;
    /** Rows of one pass, which bounds memory; the whole batch when left out. */
    readonly rowsPerPass?: number;
  };

/** Padded sizes; multiples keep the number of compiled shapes small. */
export type SftPacking = { readonly lengthBucket: number; readonly textBucket: number };

/** Means since the last report, in nats a token. */
export type SftProgress = SftReport & {
  readonly step: number;
  /** AdamW's rate in the last update. */
  readonly learningRate: number;
};

/** One run of the loop. */
export type SftRun = {
  readonly step: SftStep;
  readonly training: SftTraining;
  readonly batchOf: BatchSource;
  readonly padId: number;
  readonly packing: SftPacking;
  /** Updates that are done already; 0 when left out. */
  readonly firstStep?: number;
  /** Updates between reports; 25 when left out. */
  readonly reportEvery?: number;
  readonly onProgress: (progress: SftProgress) => void | Promise<void>;
  /** Called after every update with the number of updates done. */
  readonly afterStep?: (done: number) => Promise<void>;
  /** Looked at between updates. */
  readonly signal?: AbortSignal;
};

const measures = ["chain", "boi", "image", "gradientNorm"] as const;

function assertFinite(step: number, report: SftReport): void {
  const broken = measures.filter((name) => !Number.isFinite(report[name]));
  if (broken.length === 0) return;
  throw new TrainingError(
    "EASEL_TRAINING_NOT_FINITE",
    `Update ${step} gave ${broken.map((name) => `${name} = ${report[name]}`).join(", ")}. ` +
      "Go back to the last checkpoint with a lower learning rate; if it happens at the first update, check the weights.",
  );
}

/**
 * Trains in place.
 *
 * @throws TrainingError `EASEL_TRAINING_NOT_FINITE`; the signal's reason when aborted
 */
export async function trainSft(run: SftRun): Promise<void> {
  const { step, training, batchOf, padId, packing, firstStep = 0, reportEvery = 25 } = run;
  const { batch, rowsPerPass = batch } = training;
  const steps = totalSteps(training);
  let since: SftReport[] = [];
  for (let at = firstStep; at < steps; at++) {
    run.signal?.throwIfAborted();
    const rows = batchOf(at);
    const passes = Array.from({ length: Math.ceil(rows.length / rowsPerPass) }, (_, pass) =>
      packSequences({
        rows: rows.slice(pass * rowsPerPass, (pass + 1) * rowsPerPass),
        padId,
        ...packing,
        rowBucket: rowsPerPass,
      }),
    );
    const factor = rateFactorAt(training, at + 1);
    const report = await step.update(passes, factor, at + 1);
    assertFinite(at + 1, report);
    since.push(report);
    if ((at + 1) % reportEvery === 0 || at + 1 === steps) {
      const mean = (key: keyof SftReport): number =>
        since.reduce((sum, one) => sum + one[key], 0) / since.length;
      await run.onProgress({
        step: at + 1,
        learningRate: factor * training.adamRate,
        chain: mean("chain"),
        boi: mean("boi"),
        image: mean("image"),
        gradientNorm: mean("gradientNorm"),
      });
      since = [];
    }
    await run.afterStep?.(at + 1);
  }
}
