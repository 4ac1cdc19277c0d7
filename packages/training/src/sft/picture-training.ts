// Supervised training on rows of real pictures: batches by seed, held-out loss, states to go on from. Reading pictures is
// picture-examples.ts; drawing samples and writing the model are the caller's.
import { createHash } from "node:crypto";
import type { Params, tf } from "@easel/engine";
import type { JanusConfig } from "@easel/janus";
import { createHeldOutMeter, type HeldOutLoss } from "./held-out-loss.js";
import type { PictureRow } from "./packed-rows.js";
import { totalSteps } from "./sft-schedule.js";
import { loadSftState, type SftStateRecord, saveSftState } from "./sft-state.js";
import { createSftStep } from "./sft-step.js";
import { type SftPacking, type SftProgress, type SftTraining, trainSft } from "./sft-trainer.js";
import type { SupervisedAdapter } from "./supervised-model.js";
import { seededBatches } from "./training-batches.js";

/** The model and what moves in it. */
export type PictureModel = {
  readonly config: JanusConfig;
  readonly params: Params;
  readonly trained: Readonly<Record<string, tf.Variable>>;
  /** What `trained` is of; null where it is every weight. */
  readonly adapter: SupervisedAdapter;
  readonly padId: number;
};

/** What happens beside the updates. Numbers of updates; 0 is never. */
export type PictureSchedule = {
  readonly reportEvery: number;
  readonly devEvery: number;
  readonly saveEvery: number;
  readonly samplesEvery: number;
};

/** What the caller learns on the way. */
export type PictureHooks = {
  /** Once, before anything else: updates that a state says are done, 0 anew. */
  readonly onStart?: (firstStep: number) => void;
  readonly onProgress: (progress: SftProgress) => void | Promise<void>;
  /** Before the first update, at its times, and after the last. Not called without held-out rows. */
  readonly onHeldOut: (step: number, loss: HeldOutLoss) => void | Promise<void>;
  /** Time to draw. */
  readonly onSamples: (step: number) => Promise<void>;
};

/** One training. */
export type PictureTraining = {
  readonly model: PictureModel;
  readonly train: readonly PictureRow[];
  readonly heldOut: readonly PictureRow[];
  readonly training: SftTraining;
  readonly schedule: PictureSchedule;
  readonly seed: number;
  /** Folder of states. */
  readonly stateFolder: string;
  /** Goes on from the newest state instead of from the start. */
  readonly resume: boolean;
  /** Digest of the starting checkpoint, so that a state is not laid over another one. */
  readonly checkpoint: string;
  readonly hooks: PictureHooks;
  readonly signal?: AbortSignal;
};

/**
 * Padded sizes: chains of real pictures differ by hundreds of tokens, and each shape is traced once. Small models have
 * short chains.
 */
function packingFor(imageTokens: number, rowsPerPass: number): SftPacking {
  const long = imageTokens >= 256;
  const bucket = long ? 128 : 16;
  return { lengthBucket: bucket, textBucket: bucket * rowsPerPass };
}

/** Identity of a list of rows: ids, tokens and codes, in order. */
function digestOfRows(rows: readonly PictureRow[]): string {
  const hash = createHash("sha256");
  for (const { id, promptIds, chainIds, imageCodes } of rows) {
    const lists = [promptIds, chainIds, imageCodes].map((list) => Array.from(list));
    hash.update(`${JSON.stringify([id, ...lists])}\n`);
  }
  return hash.digest("hex").slice(0, 16);
}

/** What a user calls a setting that has another name here. */
const settingNames: Readonly<Record<string, string>> = {
  adamRate: "learningRate",
  maxGradientNorm: "gradClip",
};

/** What must stay the same for a state to be gone on with: everything that the updates so far depended on. */
function fixedOf({ model, train, training, seed, checkpoint }: PictureTraining): SftStateRecord["fixed"] {
  const { rowsPerPass: _memory, recompute: _also, steps: _goal, laterStages: _more, ...rest } = training;
  const settings = Object.entries(rest).map(
    ([name, value]) => [settingNames[name] ?? name, JSON.stringify(value)] as const,
  );
  const lora = JSON.stringify(model.adapter);
  return {
    ...Object.fromEntries(settings),
    lora,
    seed: String(seed),
    checkpoint,
    examples: digestOfRows(train),
  };
}

/**
 * Trains in place. Stopped by the signal it saves a state first.
 *
 * @throws TrainingError as `trainSft` and `loadSftState`; the signal's reason when aborted
 */
export async function trainOnPictures(o: PictureTraining): Promise<void> {
  const { model, training, schedule, hooks, stateFolder } = o;
  const { config, params, trained, padId } = model;
  const rowsPerPass = Math.min(training.rowsPerPass ?? training.batch, training.batch);
  const packing = packingFor(config.image.tokens, rowsPerPass);
  const { parts, matmul } = training;
  const dropout = { rate: model.adapter?.dropout ?? 0, seed: o.seed };
  const step = createSftStep(config, params, trained, parts, training, dropout);
  const meter = createHeldOutMeter(config, params, { parts, padId, packing, rowsPerPass, matmul });
  const variables = { trained, optimizer: step.state };
  const fixed = fixedOf(o);
  const firstStep = o.resume ? await loadSftState(stateFolder, fixed, variables) : 0;
  hooks.onStart?.(firstStep);
  let done = firstStep;
  let saved = o.resume ? firstStep : -1;

  const save = async (): Promise<void> => {
    if (saved === done) return;
    await saveSftState(stateFolder, { step: done, fixed }, variables);
    saved = done;
  };
  const due = (every: number): boolean => every > 0 && done % every === 0;
  const look = async (always: boolean): Promise<void> => {
    if (o.heldOut.length > 0 && schedule.devEvery > 0 && (always || due(schedule.devEvery)))
      await hooks.onHeldOut(done, await meter.measure(o.heldOut, o.signal));
    if (schedule.samplesEvery > 0 && (always || due(schedule.samplesEvery))) await hooks.onSamples(done);
  };
  try {
    if (firstStep === 0) await look(true);
    await trainSft({
      step,
      training: { ...training, rowsPerPass },
      batchOf: seededBatches(o.train, training, o.seed),
      padId,
      packing,
      firstStep,
      reportEvery: schedule.reportEvery,
      onProgress: hooks.onProgress,
      afterStep: async (now) => {
        done = now;
        const last = done === totalSteps(training);
        if (last || due(schedule.saveEvery)) await save();
        await look(last);
      },
      ...(o.signal === undefined ? {} : { signal: o.signal }),
    });
  } catch (error) {
    if (o.signal?.aborted === true) await save();
    throw error;
  } finally {
    meter.dispose();
    step.dispose();
  }
}
