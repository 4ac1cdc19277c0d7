// `easel sft` on shapeworld: makes a new decoder over a trained codec and trains it in stages. Writes a checkpoint in
// the original layout. The training itself is sft/.
import type { HostTensor, Params } from "@easel/engine";
import { tf } from "@easel/engine";
import {
  initJanus,
  type JanusConfig,
  type JanusModel,
  type JanusTokenizer,
  placeWeights,
  type SequenceRow,
  type VqConfig,
} from "@easel/janus";
import { type Example, type LabelNoise, type Random, randomFrom, sampleExample } from "@easel/shapeworld";
import { isPolicyWeight } from "../policy/trainable-policy.js";
import { sequencesOf } from "../sft/sft-examples.js";
import { createSftStep } from "../sft/sft-step.js";
import { type SftProgress, trainSft } from "../sft/sft-trainer.js";
import { drawnBatches } from "../sft/training-batches.js";
import { nanoTokenizer } from "./nano-tokenizer.js";
import type { SftRecipe, SftStage } from "./sft-recipe.js";

/** Embedding rows are a multiple of this; rows beyond the tokenizer have no token, as in the released models. */
const vocabularyMultiple = 32;

/** Sizes of the new model. */
export function nanoConfig(recipe: SftRecipe, codec: VqConfig, tokens: number): JanusConfig {
  const { hidden, layers, heads, intermediate, ropeTheta, rmsEps } = recipe.decoder;
  const gridSide = 64 / 2 ** (codec.multipliers.length - 1);
  return {
    language: {
      hidden,
      layers,
      heads,
      kvHeads: heads,
      headDim: hidden / heads,
      intermediate,
      vocabulary: Math.ceil(tokens / vocabularyMultiple) * vocabularyMultiple,
      ropeTheta,
      rmsEps,
    },
    image: {
      codes: codec.codes,
      codeWidth: codec.codeWidth,
      tokens: gridSide * gridSide,
      gridSide,
      imageSize: 64,
      // One width for aligner and head, so that the transformers layout exists.
      headWidth: hidden,
    },
    vq: codec,
  };
}

function draw(random: Random, stage: SftStage): Example[] {
  const noise: LabelNoise = stage.noise;
  return Array.from({ length: stage.examples }, () => sampleExample(random, noise));
}

/** A new model whose decoder and image parts are variables. */
export function newNanoModel(
  recipe: SftRecipe,
  codec: VqConfig,
  codecWeights: ReadonlyMap<string, HostTensor>,
): JanusModel {
  const tokenizer: JanusTokenizer = nanoTokenizer(recipe.promptTemplate);
  const config = nanoConfig(recipe, codec, tokenizer.size);
  const weights = initJanus(config, randomFrom(`sft/${recipe.seed}/init`), { vq: codecWeights });
  return { config, params: placeWeights(weights, isPolicyWeight), tokenizer };
}

/** The variables of a model by weight name. */
function variablesOf(params: Params): Record<string, tf.Variable> {
  return Object.fromEntries(
    Object.entries(params.weights).flatMap(([name, tensor]) =>
      tensor instanceof tf.Variable ? [[name, tensor] as const] : [],
    ),
  );
}

/** How to go through the stages. */
export type NanoTrainingOptions = {
  /** Number from 0 of the stage to start with; the model is then what the stage before it made. */
  readonly firstStage?: number;
  /** Stage number from 0, and the step's report. */
  readonly onProgress: (stage: number, progress: SftProgress) => void;
  /** Called after every stage, with its number from 0. */
  readonly onStage?: (stage: number) => Promise<void>;
  readonly signal?: AbortSignal;
};

/**
 * Trains the model in place. Every stage starts with a new optimizer and draws of its own, so going on from the
 * checkpoint of one stage gives what one run through all of them gives.
 */
export async function trainNanoDecoder(
  recipe: SftRecipe,
  model: JanusModel,
  { firstStage = 0, onProgress, onStage, signal }: NanoTrainingOptions,
): Promise<void> {
  const trained = variablesOf(model.params);
  for (const [index, stage] of recipe.stages.entries()) {
    if (index < firstStage) continue;
    const random = randomFrom(`sft/${recipe.seed}/stage-${index}`);
    const rows: SequenceRow[] = await sequencesOf(
      model.config.vq,
      model.params,
      model.tokenizer,
      draw(random, stage),
    );
    const step = createSftStep(model.config, model.params, trained, stage.parts, stage);
    await trainSft({
      step,
      training: stage,
      batchOf: drawnBatches(rows, stage, random),
      padId: model.tokenizer.ids.pad,
      packing: { lengthBucket: 16, textBucket: 512 },
      onProgress: (progress) => onProgress(index, progress),
      ...(signal === undefined ? {} : { signal }),
    });
    step.dispose();
    await onStage?.(index);
  }
}
