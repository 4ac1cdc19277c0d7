// What `easel generate` does. Its options are in commands/generate.ts, which loads this file when it is needed.
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promptBucket, type WeightStorage } from "@easel/training";
import { CliError } from "../errors.js";
import { checkpointDigest } from "../model/checkpoint-digest.js";
import { loadWithPolicy } from "../model/checkpoint-with-policy.js";
import { startChosenEngine } from "../model/chosen-engine.js";
import { policyDigest } from "../model/stored-policy.js";
import { onStopSignal } from "../train/stop-signals.js";
import { type CheckpointDefaults, checkpointDefaults } from "./checkpoint-defaults.js";
import { checkPrompts, type FileLayout, picturesPerPrompt } from "./file-layout.js";
import { type GenerationListeners, generateAll } from "./generate-all.js";
import {
  type ChainMode,
  type GenerationManifest,
  type GenerationSettings,
  promptsDigest,
} from "./generation-settings.js";
import { openOutputFolder } from "./output-folder.js";
import { createProgressLine } from "./progress-line.js";
import { type GenerationPrompt, parsePromptList } from "./prompt-list.js";
import { createSampledImages, type SampledImages } from "./sampled-images.js";

/** The options of the command. What is left out depends on checkpoint and layout. */
export type GenerateOptions = {
  readonly checkpoint: string;
  readonly policy?: string;
  readonly loraAlpha?: number;
  readonly prompt?: string;
  readonly prompts?: string;
  readonly layout: FileLayout;
  readonly chains: ChainMode;
  readonly number?: number;
  readonly rows: number;
  /** In memory; float32 when left out. */
  readonly weights?: WeightStorage;
  readonly seed: number;
  /** Of chain and picture, where one of the next two is not given. */
  readonly temperature: number;
  readonly textTemperature?: number;
  readonly imageTemperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly guidance?: number;
  readonly textCap?: number;
  readonly out: string;
  readonly scale?: number;
};

/** Draws every picture that the folder lacks, and writes each with its chain, its record and once more with its plan. */
export async function runGenerate(options: GenerateOptions): Promise<void> {
  const line = createProgressLine({
    write: (text) => void process.stderr.write(text),
    isTerminal: process.stderr.isTTY === true,
    nowMs: Date.now,
  });
  const say = (text: string): void => line.note(text);
  const perPrompt = options.number ?? picturesPerPrompt[options.layout];
  const prompts = await promptsOf(options);
  checkPrompts(options.layout, prompts, perPrompt);
  if (options.layout === "t2i-compbench" && perPrompt !== picturesPerPrompt["t2i-compbench"]) {
    say(`note: T2I-CompBench's 3-in-1 script (complex) takes 10 pictures a prompt, not ${perPrompt}`);
  }
  const defaults = await checkpointDefaults(options.checkpoint);
  const settings = await settingsOf(options, defaults, prompts, perPrompt);
  const { seed, textTemperature, imageTemperature, guidance, chains } = settings;
  const folder = await openOutputFolder({
    folder: options.out,
    manifest: { format: 1, settings, about: aboutOf(options, prompts.length) },
    prompts,
    origin: { seed, textTemperature, imageTemperature, guidanceScale: guidance },
    scale: options.scale ?? defaults.scale,
  });
  const stop = stopOnSignal(say);
  const listeners: GenerationListeners = {
    signal: stop.signal,
    ...(options.prompts === undefined
      ? { onPicture: describePicture(options.out) }
      : { onProgress: (progress) => line.update(progress) }),
  };
  const opened: SampledImages[] = [];
  const openSource = async (): Promise<SampledImages> => {
    const images = await modelSource(options, settings, prompts, say);
    opened.push(images);
    return images;
  };
  try {
    const order = { prompts, perPrompt, chains, rows: options.rows };
    const { total, kept } = await generateAll(order, openSource, folder, listeners);
    line.close();
    say(`${options.out}: all ${total} pictures${kept === 0 ? "" : `, ${kept} of them from before`}`);
  } catch (error) {
    line.close();
    if (stop.signal.aborted)
      say(`what is written in ${options.out} counts: the same command goes on with it`);
    throw error;
  } finally {
    stop.end();
    for (const images of opened) images.dispose();
  }
}

/** Starts the engine, loads the model and makes the samplers for what is ordered. */
async function modelSource(
  { checkpoint, policy, loraAlpha, rows, weights = "float32" }: GenerateOptions,
  settings: GenerationSettings,
  prompts: readonly GenerationPrompt[],
  say: (line: string) => void,
): Promise<SampledImages> {
  const engine = await startChosenEngine(process.env, say);
  const { model, apply } = await loadWithPolicy(checkpoint, policy, loraAlpha, {
    weights,
    // Nothing here encodes pictures.
    parts: ["language", "image", "vq-decoder"],
  });
  apply?.();
  const { number, chains, seed, guidance, textCap, topK, topP } = settings;
  const rowsFor = (wanted: number): number => Math.max(1, Math.min(rows, wanted));
  const kept = { ...(topK === null ? {} : { topK }), ...(topP === null ? {} : { topP }) };
  return createSampledImages(model, {
    promptBucket: promptBucket(model, prompts),
    rows: {
      own: rowsFor(prompts.length * (chains === "shared" ? 1 : number)),
      given: rowsFor(prompts.length * (number - 1)),
    },
    seed,
    temperature: { text: settings.textTemperature, image: settings.imageTemperature },
    guidanceScale: guidance,
    textCap,
    truncation: { text: kept, image: kept },
    engineFingerprint: engine.fingerprint,
  });
}

function aboutOf(
  { checkpoint, policy, prompts }: GenerateOptions,
  count: number,
): GenerationManifest["about"] {
  return {
    checkpoint,
    policy: policy ?? null,
    promptsFile: prompts === undefined ? null : basename(prompts),
    prompts: count,
  };
}

async function promptsOf({ prompt, prompts }: GenerateOptions): Promise<readonly GenerationPrompt[]> {
  if ((prompt === undefined) === (prompts === undefined)) {
    throw new CliError("EASEL_CLI_OPTION", "Give either --prompt with a text, or --prompts with a file.");
  }
  if (prompts !== undefined) {
    const bytes = await readFile(prompts);
    try {
      return parsePromptList(new TextDecoder("utf-8", { fatal: true }).decode(bytes), prompts);
    } catch (error) {
      if (error instanceof CliError) throw error;
      throw new CliError("EASEL_CLI_PROMPTS", `${prompts} is not UTF-8 text. Convert it, and try again.`, {
        cause: error,
      });
    }
  }
  if (prompt === undefined || prompt.trim() === "") {
    throw new CliError("EASEL_CLI_PROMPTS", "--prompt holds no words. Write what to draw.");
  }
  return [{ id: "0", text: prompt, line: null }];
}

async function settingsOf(
  options: GenerateOptions,
  defaults: CheckpointDefaults,
  prompts: readonly GenerationPrompt[],
  number: number,
): Promise<GenerationSettings> {
  const { policy, loraAlpha, seed, temperature, topK, topP, chains, layout } = options;
  return {
    checkpoint: await checkpointDigest(options.checkpoint),
    // Alpha scales the adapter, so the same file under another alpha is another policy.
    policy: policy === undefined ? null : `${await policyDigest(policy)}/${loraAlpha ?? "rank"}`,
    prompts: promptsDigest(prompts),
    number,
    seed,
    textTemperature: options.textTemperature ?? temperature,
    imageTemperature: options.imageTemperature ?? temperature,
    topK: topK ?? null,
    topP: topP ?? null,
    guidance: options.guidance ?? defaults.guidance,
    textCap: options.textCap ?? defaults.textCap,
    chains,
    layout,
  };
}

/** The first signal ends the drawing between two pieces of work, the second one the process. */
function stopOnSignal(say: (line: string) => void): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const end = onStopSignal(() => {
    if (controller.signal.aborted) process.exit(130);
    say("stopping; once more to end at once");
    controller.abort();
  });
  return { signal: controller.signal, end };
}

function describePicture(out: string): NonNullable<GenerationListeners["onPicture"]> {
  return (_, { image, plan }, chain) =>
    void process.stdout.write(`${join(out, image)}  ${join(out, plan)}\n  ${printable(chain.text)}\n`);
}

/** A model may write anything, control sequences of terminals included. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "\u00b7");
}
