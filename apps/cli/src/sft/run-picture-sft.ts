// `easel sft` on a file of real pictures, from the settings to the checkpoint. Its parts are beside it; the training itself
// is in @easel/training.
import { appendFile, mkdir, stat } from "node:fs/promises";
import { compileSftConfig, type NamedText, type SftConfig } from "@easel/config";
import { loadJanus } from "@easel/janus";
import { writeFileAtomic } from "@easel/runs";
import {
  hasSftState,
  isPolicyWeight,
  type PictureHooks,
  type SftTraining,
  supervisedModel,
  totalSteps,
  trainOnPictures,
} from "@easel/training";
import { CliError } from "../errors.js";
import { checkpointDigest } from "../model/checkpoint-digest.js";
import { startChosenEngine } from "../model/chosen-engine.js";
import { onStopSignal } from "../train/stop-signals.js";
import { checkDataFiles, preparePictureData } from "./picture-data.js";
import { createSampleWriter } from "./picture-samples.js";
import { type SftFolder, sftFolder } from "./sft-folder.js";
import type { SftOptions } from "./sft-options.js";
import { writeTrained } from "./write-trained.js";

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function configOf({ from, data, set, vq, stage }: SftOptions, file: NamedText): SftConfig {
  if (vq !== undefined || stage !== 1) {
    throw new CliError(
      "EASEL_CLI_OPTION",
      `--vq and --stage are for shapeworld; ${file.name} trains on pictures. Leave them out.`,
    );
  }
  const quoted = (name: string, value: string | undefined): string[] =>
    value === undefined ? [] : [`${name}=${JSON.stringify(value)}`];
  return compileSftConfig(file, [...set, ...quoted("model.checkpoint", from), ...quoted("data.file", data)]);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** A folder that holds a training is never begun anew in: hours may lie in it. */
async function checkFolder(folder: SftFolder, resume: boolean): Promise<void> {
  const begun = await hasSftState(folder.states);
  if (resume && !begun) {
    throw new CliError(
      "EASEL_CLI_OPTION",
      `${folder.root} holds no state to go on from. Leave out --resume to start anew.`,
    );
  }
  if (!resume && (begun || (await exists(folder.checkpoint)))) {
    throw new CliError(
      "EASEL_CLI_OPTION",
      `${folder.root} holds a training already. Go on with it by --resume, or give another folder.`,
    );
  }
}

function trainingOf({ training: t }: SftConfig): SftTraining {
  const { learningRate: adamRate, gradClip: maxGradientNorm, rowsPerPass, laterStages, ...rest } = t;
  const later = laterStages.map(({ learningRate, ...stage }) => ({ ...stage, adamRate: learningRate }));
  const { reportEvery: _report, devEvery: _dev, saveEvery: _save, ...how } = rest;
  return {
    ...how,
    adamRate,
    laterStages: later,
    maxGradientNorm,
    rowsPerPass: Math.min(rowsPerPass, t.batch),
  };
}

function hooksOf(
  { training }: SftConfig,
  folder: SftFolder,
  drawSamples: (step: number) => Promise<void>,
): PictureHooks {
  const started = performance.now();
  const steps = totalSteps(training);
  const record = (line: Readonly<Record<string, unknown>>): Promise<void> =>
    appendFile(folder.metrics, `${JSON.stringify({ ...line, atMs: Date.now() })}\n`);
  return {
    onStart: (firstStep) => {
      if (firstStep > 0) say(`going on from step ${firstStep}`);
    },
    async onProgress(progress) {
      const seconds = (performance.now() - started) / 1000;
      await record({ kind: "step", ...progress });
      const { step, chain, boi, image, gradientNorm, learningRate } = progress;
      say(
        `step ${step}/${steps}  chain ${chain.toFixed(3)}  begin-of-image ${boi.toFixed(3)}  image ${image.toFixed(3)}  ` +
          `gradient ${gradientNorm.toFixed(2)}  rate ${learningRate.toExponential(1)}  ${seconds.toFixed(0)} s`,
      );
    },
    async onHeldOut(step, held) {
      await record({ kind: "held-out", step, ...held });
      say(
        `held out at step ${step}: loss ${held.loss.toFixed(3)}  chain ${held.chain.toFixed(3)}  image ${held.image.toFixed(3)}`,
      );
    },
    onSamples: drawSamples,
  };
}

/** Runs until the last update, or until it is stopped: then a state is saved and the command to go on is printed. */
export async function runPictureSft(options: SftOptions, file: NamedText): Promise<void> {
  const config = configOf(options, file);
  const folder = sftFolder(options.out);
  const resume = options.resume === true;
  await checkFolder(folder, resume);
  await checkDataFiles(config);
  const { checkpoint, lora, imageSize, addLayoutTokens, weights } = config.model;
  await startChosenEngine(process.env, say);
  const model = await loadJanus(checkpoint, {
    addLayoutTokens,
    keepHalf: weights === "bfloat16",
    ...(imageSize === null ? {} : { imageSize }),
    ...(lora === null ? { trainable: isPolicyWeight } : {}),
  });
  await mkdir(folder.root, { recursive: true });
  const stop = new AbortController();
  const unhook = onStopSignal(() => {
    if (stop.signal.aborted) process.exit(130);
    say("stopping after this update; once more ends at once");
    stop.abort();
  });
  try {
    const data = await preparePictureData(model, config, folder.refused, say, stop.signal);
    await writeFileAtomic(folder.settings, `${JSON.stringify(config, null, 2)}\n`);
    const supervised = supervisedModel(model, lora, config.seed);
    const trained = { ...model, params: supervised.params };
    const heldOutPrompts = [...new Set(data.heldOut.map(({ prompt }) => prompt))];
    const samples = createSampleWriter(trained, config, folder.samples, heldOutPrompts);
    const { reportEvery, devEvery, saveEvery } = config.training;
    say(`training on ${data.train.length} examples, ${data.heldOut.length} held out`);
    await trainOnPictures({
      model: {
        config: model.config,
        params: supervised.params,
        trained: supervised.trained,
        adapter: lora,
        padId: model.tokenizer.ids.pad,
      },
      ...data,
      training: trainingOf(config),
      schedule: { reportEvery, devEvery, saveEvery, samplesEvery: config.samples.every },
      seed: config.seed,
      stateFolder: folder.states,
      resume,
      checkpoint: await checkpointDigest(checkpoint),
      hooks: hooksOf(config, folder, (step) => samples.write(step)),
      signal: stop.signal,
    });
    samples.dispose();
    const notes = await writeTrained(supervised, checkpoint, folder, imageSize);
    for (const note of notes) say(note);
    say(`wrote ${folder.checkpoint}`);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    const more = (await hasSftState(folder.states)) ? " and --resume" : "";
    say(`stopped. Go on with the same command${more}.`);
  } finally {
    unhook();
  }
}
