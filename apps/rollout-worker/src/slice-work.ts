// Which slices of some leased tasks are to be drawn, and how drawn samples become trajectory messages. Pure but for the types.
import type { LeasedTask } from "@easel/bus";
import {
  type RolloutTask,
  type Sample,
  type Slice,
  type SliceTimings,
  sameSampling,
  type Trajectory,
} from "@easel/protocol";
import type { RolloutRequest, RolloutSample } from "@easel/training";

export type SliceWork = { readonly leased: LeasedTask; readonly slice: Slice };

/** One request a sample, slice by slice. */
export function requestsOf(work: readonly SliceWork[]): RolloutRequest[] {
  return work.flatMap(({ leased: { message: task }, slice }) =>
    Array.from({ length: slice.to - slice.from }, (_, i) => ({
      promptText: task.promptText,
      issue: task.issue,
      sampleIndex: slice.from + i,
      seed: task.sampling.seed,
    })),
  );
}

/** Work that may share a call: all of it is sampled in the same way. */
export function bySampling(work: readonly SliceWork[]): SliceWork[][] {
  const parts: SliceWork[][] = [];
  for (const one of work) {
    const part = parts.find(
      ([first]) =>
        first !== undefined && sameSampling(first.leased.message.sampling, one.leased.message.sampling),
    );
    if (part === undefined) parts.push([one]);
    else part.push(one);
  }
  return parts;
}

export type DrawnPicture = { readonly digest: string; readonly sizeBytes: number };

export function trajectoryOf(o: {
  readonly task: RolloutTask;
  readonly slice: Slice;
  readonly samples: readonly RolloutSample[];
  readonly pictures: readonly DrawnPicture[];
  readonly attempt: string;
  readonly worker: string;
  readonly fingerprint: string;
  readonly weightsDigest: string;
  readonly timings: SliceTimings;
}): Trajectory {
  const { task, slice, pictures, attempt, worker, fingerprint, weightsDigest, timings } = o;
  return {
    run: task.run,
    group: task.group,
    slice: slice.slice,
    attempt,
    worker,
    fingerprint,
    promptIds: o.samples[0]?.promptIds ?? new Int32Array(),
    samples: o.samples.map((sample, i): Sample => {
      const { chainIds, chainText, forcedBoi, imageCodes, logProbs } = sample;
      return {
        index: slice.from + i,
        chainIds,
        chainText,
        forcedBoi,
        imageCodes,
        logProbs,
        weights: [{ digest: weightsDigest, from: 0, to: logProbs.length }],
        imageDigest: pictures[i]?.digest ?? "",
        imageBytes: pictures[i]?.sizeBytes ?? 0,
      };
    }),
    sampling: task.sampling,
    timings,
  };
}
