// The sampler: plans a batch, runs the prompt pass and then compiled segments until every row has its image.
// Holds the compiled functions; the weights stay the model's.
import { jit, type Params, tf } from "@easel/engine";
import {
  type DecodeInputs,
  type DecodeState,
  decodeSegment,
  IN_CHAIN,
  type SegmentSettings,
} from "./decode-segment.js";
import { type BatchLimits, type BatchPlan, planBatch } from "./plan-batch.js";
import { type PromptInputs, promptPass } from "./prompt-pass.js";
import { readRow } from "./read-rows.js";
import { type Segment, segmentsFor } from "./segment-plan.js";
import type { SampledSequence, SampleRequest, Sampler, SamplerModel, SamplerOptions } from "./types.js";

const DEFAULT_SEGMENTS: readonly number[] = [32];

/** Tensors of one batch besides the decode state. */
type BatchTensors = PromptInputs & DecodeInputs;

function uploadPlan(plan: BatchPlan, steps: number, maxRows: number): BatchTensors {
  return {
    promptIds: tf.tensor2d(plan.promptIds, [plan.prompts, plan.promptBucket], "int32"),
    promptStarts: tf.tensor1d(plan.promptStarts, "int32"),
    promptOfStream: tf.tensor1d(plan.promptOfStream, "int32"),
    streamStarts: tf.tensor1d(plan.streamStarts, "int32"),
    uniforms: tf.tensor2d(plan.uniforms, [steps, maxRows]),
  };
}

/** Rows without a request start as if their image were done, so that nothing waits for them. */
function firstBoiSteps(plan: BatchPlan, imageTokens: number): tf.Tensor {
  return tf.tensor1d(
    Int32Array.from(plan.active, (active) => (active === 1 ? IN_CHAIN : -imageTokens - 1)),
    "int32",
  );
}

function tensorsOf({ cache, ...single }: DecodeState): tf.Tensor[] {
  return [...Object.values(single), ...cache.keys, ...cache.values];
}

/** Frees what `next` does not hold any more: without compilation unchanged tensors are handed through. */
function disposeReplaced(state: DecodeState, next: DecodeState): void {
  const kept = new Set(tensorsOf(next));
  tf.dispose(tensorsOf(state).filter((x) => !kept.has(x)));
}

/**
 * Makes a sampler for one model.
 *
 * A draw depends on its prompt, its uniform numbers and the weights alone, up to float rounding: not on the other rows of
 * the batch. Chains that end early go on to their image at once, so rows of different lengths cost nothing extra.
 */
export function createSampler(model: SamplerModel, options: SamplerOptions): Sampler {
  const { config } = model;
  const { beginImage, pad } = model.tokenizer.ids;
  const { maxRows, textCap, guidanceScale = 1, temperature = 1, entropy = false } = options;
  const steps = textCap + 1 + config.image.tokens;
  const limits: BatchLimits = {
    maxRows,
    promptBuckets: options.promptBuckets,
    steps,
    padId: pad,
    guided: guidanceScale > 1,
  };
  const settingsOf = (promptBucket: number, segment: Segment): SegmentSettings => ({
    promptBucket,
    ...segment,
    textCap,
    guidanceScale,
    temperature,
    entropy,
    boi: beginImage,
    pad,
  });
  const prompt = jit((params: Params, inputs: PromptInputs) => promptPass(config.language, params, inputs), {
    name: "prompt",
    compile: "graph",
  });
  const segmentOf = jit(
    (params: Params, settings: SegmentSettings, inputs: DecodeInputs, state: DecodeState) =>
      decodeSegment(config, params, settings, inputs, state),
    { name: "decode", compile: options.compile ?? "xla" },
  );

  async function start(plan: BatchPlan, batch: BatchTensors): Promise<DecodeState> {
    const { hidden, cache } = await prompt.async(model.params, {
      promptIds: batch.promptIds,
      promptStarts: batch.promptStarts,
      promptOfStream: batch.promptOfStream,
    });
    return {
      step: tf.scalar(0, "int32"),
      hidden,
      boiStep: firstBoiSteps(plan, config.image.tokens),
      tokens: tf.zeros([steps, maxRows], "int32"),
      logProbs: tf.zeros([steps, maxRows]),
      entropies: tf.zeros(entropy ? [steps, maxRows] : [1, 1]),
      cache,
    };
  }

  async function allDone(state: DecodeState): Promise<boolean> {
    const [step, boiSteps] = await Promise.all([state.step.data(), state.boiStep.data()]);
    return Array.from(boiSteps).every((boi) => (step[0] as number) > boi + config.image.tokens);
  }

  async function run(plan: BatchPlan, everySegment: boolean, signal?: AbortSignal): Promise<DecodeState> {
    const batch = uploadPlan(plan, steps, maxRows);
    const inputs: DecodeInputs = { uniforms: batch.uniforms, streamStarts: batch.streamStarts };
    let state: DecodeState | null = null;
    try {
      state = await start(plan, batch);
      const segments = segmentsFor(
        plan.promptBucket,
        steps,
        options.segmentLengths ?? DEFAULT_SEGMENTS,
        textCap,
      );
      for (const segment of segments) {
        signal?.throwIfAborted();
        if (!everySegment && (await allDone(state))) break;
        const next: DecodeState = await segmentOf.async(
          model.params,
          settingsOf(plan.promptBucket, segment),
          inputs,
          state,
        );
        disposeReplaced(state, next);
        state = next;
      }
      return state;
    } catch (error) {
      if (state !== null) tf.dispose(tensorsOf(state));
      throw error;
    } finally {
      tf.dispose(batch);
    }
  }

  async function sample(
    requests: readonly SampleRequest[],
    signal?: AbortSignal,
  ): Promise<SampledSequence[]> {
    const state = await run(planBatch(requests, limits), false, signal);
    try {
      const [ids, logProbs, entropies] = await Promise.all([
        state.tokens.data(),
        state.logProbs.data(),
        entropy ? state.entropies.data() : null,
      ]);
      const columns = { rows: maxRows, tokens: ids, logProbs, entropies };
      const shape = { boi: beginImage, textCap, imageTokens: config.image.tokens };
      return requests.map((_, row) => readRow(columns, row, shape));
    } finally {
      tf.dispose(tensorsOf(state));
    }
  }

  /** Runs every segment once with no active row: each loop ends at once, but is compiled. */
  async function warmUp(distinctPrompts: number): Promise<void> {
    for (const bucket of options.promptBuckets) {
      for (let prompts = 1; prompts <= distinctPrompts; prompts *= 2) {
        const idle: SampleRequest[] = Array.from({ length: prompts }, (_, i) => ({
          promptIds: Array.from({ length: bucket }, (_unused, column) => (column === 0 ? i : 0)),
          uniform: () => 0,
        }));
        const plan = planBatch(idle.slice(0, maxRows), limits);
        plan.active.fill(0);
        tf.dispose(tensorsOf(await run(plan, true)));
      }
    }
  }

  return {
    sample,
    warmUp,
    dispose: () => {
      prompt.dispose();
      segmentOf.dispose();
    },
  };
}
