// Draws from a model the way GoT-R1 does it: the chain without guidance until begin-of-image, then image tokens under
// guidance; several pictures from one chain, or each from its own.
import {
  createSampler,
  type HeadTemperature,
  type HeadTruncation,
  type JanusModel,
  picturesPerCall,
  type SampledSequence,
  type SampleRequest,
  type Sampler,
  uniformFor,
} from "@easel/janus";
import { createPictureDecoder } from "@easel/training";
import type { DrawnImage, DrawTask, ImageSource, SampledChain } from "./image-source.js";

/** How to draw. */
export type SampledImagesOptions = {
  /** Tokens that prompts are padded to. */
  readonly promptBucket: number;
  /** Most pictures drawn at once with a chain of their own; and from a chain that is given. */
  readonly rows: { readonly own: number; readonly given: number };
  readonly seed: number;
  readonly temperature: HeadTemperature;
  readonly guidanceScale: number;
  /** Longest chain in tokens. */
  readonly textCap: number;
  readonly truncation: HeadTruncation;
  readonly engineFingerprint: string;
};

/** An image source that holds compiled functions. */
export type SampledImages = ImageSource & { dispose(): void };

type GivenTask = DrawTask & { readonly chain: SampledChain };

/** Makes an image source over a model. Random numbers depend on seed, prompt index, sample index and position alone. */
export function createSampledImages(model: JanusModel, options: SampledImagesOptions): SampledImages {
  const { config, params, tokenizer } = model;
  const { promptBucket, rows, seed, temperature, guidanceScale, textCap, truncation, engineFingerprint } =
    options;
  const shared = { guidanceScale, temperature, truncation };
  const own = lazy(() =>
    createSampler(model, { ...shared, maxRows: rows.own, promptBuckets: [promptBucket], textCap }),
  );
  // A chain that is given goes behind the prompt. With a cap of 0 the first token after it is begin-of-image, and in the
  // unconditional row all before it but BOS are pads: the original's rows.
  const given = lazy(() =>
    createSampler(model, {
      ...shared,
      maxRows: rows.given,
      promptBuckets: [promptBucket + textCap],
      textCap: 0,
    }),
  );
  const decoder = createPictureDecoder(config, params, {
    rows: Math.min(Math.max(rows.own, rows.given), picturesPerCall(config)),
  });

  const uniformOf = ({ promptIndex, sampleIndex }: DrawTask, position: number): number =>
    uniformFor({ seed, group: promptIndex, sample: sampleIndex, position });

  function ownRequest(task: DrawTask): SampleRequest {
    return {
      promptIds: tokenizer.encodePrompt(task.prompt),
      uniform: (position) => uniformOf(task, position),
    };
  }

  function givenRequest(task: GivenTask): SampleRequest {
    const before = task.chain.ids.slice(0, -1);
    return {
      promptIds: [...tokenizer.encodePrompt(task.prompt), ...before],
      // Each token has the number it would have after sampling the chain: position 0 is begin-of-image here.
      uniform: (position) => uniformOf(task, position + before.length),
    };
  }

  async function drawRows<Task extends DrawTask>(
    sampler: Sampler,
    tasks: readonly Task[],
    requestOf: (task: Task) => SampleRequest,
    chainOf: (task: Task, sequence: SampledSequence) => SampledChain,
    signal?: AbortSignal,
  ): Promise<readonly (readonly [DrawTask, DrawnImage])[]> {
    const sequences = await sampler.sample(tasks.map(requestOf), signal);
    const images = await decoder.decode(sequences.map(({ imageCodes }) => imageCodes));
    return tasks.flatMap((task, index) => {
      const [sequence, image] = [sequences[index], images[index]];
      if (sequence === undefined || image === undefined) return [];
      return [[task, { chain: chainOf(task, sequence), image, engineFingerprint }] as const];
    });
  }

  const sampledChain = ({ chainIds, forcedBoi }: SampledSequence): SampledChain => ({
    ids: [...chainIds],
    text: tokenizer.decode([...chainIds]),
    forcedBoi,
  });

  return {
    async draw(tasks, signal) {
      const drawn: (readonly [DrawTask, DrawnImage])[] = [];
      const without = tasks.filter(({ chain }) => chain === null);
      for (const part of parts(without, rows.own)) {
        const chainOf = (_: DrawTask, sequence: SampledSequence): SampledChain => sampledChain(sequence);
        drawn.push(...(await drawRows(own.get(), part, ownRequest, chainOf, signal)));
      }
      const having = tasks.filter((task): task is GivenTask => task.chain !== null);
      for (const part of parts(having, rows.given)) {
        drawn.push(...(await drawRows(given.get(), part, givenRequest, ({ chain }) => chain, signal)));
      }
      const byTask = new Map(drawn);
      return tasks.flatMap((task) => byTask.get(task) ?? []);
    },
    dispose() {
      own.dispose();
      given.dispose();
      decoder.dispose();
    },
  };
}

/** A sampler that is made when it is first needed. */
function lazy(make: () => Sampler): { get(): Sampler; dispose(): void } {
  let made: Sampler | null = null;
  return {
    get: () => {
      made ??= make();
      return made;
    },
    dispose: () => made?.dispose(),
  };
}

/** Consecutive parts of at most `size`. */
export function parts<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}
