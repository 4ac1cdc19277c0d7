// The sampler: plans a batch, runs the prompt pass and then compiled segments until every row has its image.
// Holds the compiled functions; the weights stay the model's.
import { jit, type Params, tf } from "@easel/engine";
import { checkTruncation } from "../log-probs/truncation.js";
import {
  type DecodeInputs,
  type DecodeState,
  decodeSegment,
  IN_CHAIN,
  type SegmentSettings,
} from "./decode-segment.js";
import { cacheTensors, emptyCache } from "./kv-cache.js";
import { type BatchLimits, type BatchPlan, planBatch } from "./plan-batch.js";
import { type PromptInputs, promptPass } from "./prompt-pass.js";
import { readRow } from "./read-rows.js";
import { type Segment, segmentsFor } from "./segment-plan.js";
import type { SampledSequence, SampleRequest, Sampler, SamplerModel, SamplerOptions } from "./types.js";

// 64 steps: with 32 attention reads less padding but twice as many loops are compiled; total time was the same.
const DEFAULT_SEGMENTS: readonly number[] = [64];

/** Tensors of one batch besides the decode state. */
type BatchTensors = PromptInputs & Omit<DecodeInputs, "prompts">;

/** A batch after its prompt pass. */
type Started = { readonly inputs: DecodeInputs; readonly state: DecodeState };

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

/** How many forms of segments there can be: a long picture has many, and none of them too many. */
function formsOf(segments: readonly Segment[]): number {
  return segments.reduce(
    (sum, { chainPossible, imagePossible }) => sum + Number(chainPossible) + Number(imagePossible),
    0,
  );
}

function disposeStarted({ inputs, state }: Started): void {
  tf.dispose([...tensorsOf(state), ...cacheTensors(inputs.prompts)]);
}

function tensorsOf({ cache, ...single }: DecodeState): tf.Tensor[] {
  return [...Object.values(single), ...cacheTensors(cache)];
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
 *
 * @throws JanusError `EASEL_JANUS_TRUNCATION`
 */
export function createSampler(model: SamplerModel, options: SamplerOptions): Sampler {
  const { config } = model;
  const { beginImage, pad } = model.tokenizer.ids;
  const { maxRows, textCap, guidanceScale = 1, temperature = 1, entropy = false, truncation = {} } = options;
  checkTruncation(truncation);
  const steps = textCap + 1 + config.image.tokens;
  const limits: BatchLimits = {
    maxRows,
    promptBuckets: options.promptBuckets,
    steps,
    padId: pad,
    guided: guidanceScale > 1,
  };
  const settingsOf = (promptBucket: number, segment: Segment, withText: boolean): SegmentSettings => ({
    promptBucket,
    end: segment.end,
    withText,
    textCap,
    guidanceScale,
    temperature: typeof temperature === "number" ? { text: temperature, image: temperature } : temperature,
    truncation,
    entropy,
    boi: beginImage,
    pad,
  });
  const segments = segmentsFor(steps, options.segmentLengths ?? DEFAULT_SEGMENTS, textCap);
  const prompt = jit((params: Params, inputs: PromptInputs) => promptPass(config.language, params, inputs), {
    name: "prompt",
    compile: "graph",
  });
  const segmentOf = jit(
    (params: Params, settings: SegmentSettings, inputs: DecodeInputs, state: DecodeState) =>
      decodeSegment(config, params, settings, inputs, state),
    {
      name: "decode",
      compile: options.compile ?? "xla",
      maxTraces: options.promptBuckets.length * formsOf(segments),
    },
  );

  async function start(plan: BatchPlan, batch: BatchTensors): Promise<Started> {
    const { uniforms, streamStarts, promptOfStream, promptIds, promptStarts } = batch;
    const { hidden, prompts } = await prompt.async(model.params, { promptIds, promptStarts, promptOfStream });
    const state = {
      step: tf.scalar(0, "int32"),
      hidden,
      boiStep: firstBoiSteps(plan, config.image.tokens),
      tokens: tf.zeros([steps, maxRows], "int32"),
      logProbs: tf.zeros([steps, maxRows]),
      entropies: tf.zeros(entropy ? [steps, maxRows] : [1, 1]),
      cache: emptyCache(config.language, plan.streamStarts.length),
    };
    return { inputs: { uniforms, streamStarts, promptOfStream, prompts }, state };
  }

  async function phaseOf(state: DecodeState): Promise<"chain" | "image" | "done"> {
    const [step, boiSteps] = await Promise.all([state.step.data(), state.boiStep.data()]);
    const latest = Math.max(...boiSteps);
    if (latest === IN_CHAIN) return "chain";
    return (step[0] as number) > latest + config.image.tokens ? "done" : "image";
  }

  async function run(plan: BatchPlan, signal?: AbortSignal): Promise<DecodeState> {
    const batch = uploadPlan(plan, steps, maxRows);
    let started: Started | null = null;
    let state: DecodeState | null = null;
    try {
      started = await start(plan, batch);
      state = started.state;
      for (const segment of segments) {
        signal?.throwIfAborted();
        const phase = await phaseOf(state);
        if (phase === "done") break;
        const settings = settingsOf(plan.promptBucket, segment, phase === "chain");
        const next: DecodeState = await segmentOf.async(model.params, settings, started.inputs, state);
        disposeReplaced(state, next);
        state = next;
      }
      return state;
    } catch (error) {
      if (state !== null) tf.dispose(tensorsOf(state));
      throw error;
    } finally {
      tf.dispose(batch);
      if (started !== null) tf.dispose(cacheTensors(started.inputs.prompts));
    }
  }

  async function sample(
    requests: readonly SampleRequest[],
    signal?: AbortSignal,
  ): Promise<SampledSequence[]> {
    const state = await run(planBatch(requests, limits), signal);
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

  /** Runs every form of every segment with no active row: each loop ends at once, but is compiled. */
  async function warmSegments(plan: BatchPlan, batch: BatchTensors): Promise<void> {
    const { inputs, state: first } = await start(plan, batch);
    let state = first;
    for (const segment of segments) {
      let next = state;
      for (const withText of [true, false]) {
        if (!(withText ? segment.chainPossible : segment.imagePossible)) continue;
        const settings = settingsOf(plan.promptBucket, segment, withText);
        const result: DecodeState = await segmentOf.async(model.params, settings, inputs, state);
        if (next !== state) disposeReplaced(next, result);
        next = result;
      }
      disposeReplaced(state, next);
      state = next;
    }
    disposeStarted({ inputs, state });
  }

  async function warmUp(distinctPrompts: number): Promise<void> {
    for (const bucket of options.promptBuckets) {
      for (let prompts = 1; prompts < 2 * Math.min(distinctPrompts, maxRows); prompts *= 2) {
        const idle = Array.from({ length: Math.min(prompts, maxRows) }, (_, i) => ({
          promptIds: Array.from({ length: bucket }, (_unused, column) => (column === 0 ? i : 0)),
          uniform: () => 0,
        }));
        const plan = planBatch(idle, limits);
        plan.active.fill(0);
        const batch = uploadPlan(plan, steps, maxRows);
        if (prompts === 1) await warmSegments(plan, batch);
        else disposeStarted(await start(plan, batch));
        tf.dispose(batch);
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
