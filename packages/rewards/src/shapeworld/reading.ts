// Everything that is read from one sample, read once and shared by all rewards: the plan's objects, its words and the
// objects found in the picture. Judges nothing.

import { parseChain, toPixels } from "@easel/chain";
import {
  type Detection,
  detect,
  type ObjectSpec,
  type PixelBox,
  type ReadRelation,
  readRelations,
} from "@easel/shapeworld";
import type { JudgeSample } from "../judge.js";
import { specOfName } from "./object-words.js";
import { matchFraction } from "./set-score.js";

/** An object of the plan: what its name says of it, and its box in pixels of the sample's picture. */
export type PlannedObject = ObjectSpec & { readonly box: PixelBox | null };

export type SampleReading = {
  readonly sample: JudgeSample;
  readonly planned: readonly PlannedObject[];
  /** Relations that the prose states; a shortened name ("the circle") stands for the one planned object it fits. */
  readonly stated: readonly ReadRelation[];
  /** Grammar faults of the chain; a forced begin-of-image is one. */
  readonly faults: number;
  /** Objects in the picture. Found on first use, then kept: rewards of the plan alone never pay for it. */
  readonly detections: readonly Detection[];
};

/** Reads chain and picture. Never throws for any chain text. */
export function readSample(sample: JudgeSample): SampleReading {
  const chain = parseChain(sample.chainText);
  let found: readonly Detection[] | null = null;
  const names = chain.objects.map(({ name }) => specOfName(name));
  return {
    sample,
    planned: chain.objects.map(({ box }, index) => ({
      ...names[index],
      box: box === null ? null : toPixels(box, sample.image),
    })),
    stated: readRelations(chain.words).map(({ a, relation, b }) => ({
      a: meant(a, names),
      relation,
      b: meant(b, names),
    })),
    faults: chain.faults.length + (sample.forcedBoi ? 1 : 0),
    get detections() {
      found ??= detect(sample.image);
      return found;
    },
  };
}

/** The one kind of planned object that has every attribute of `mention`, else `mention` itself. */
function meant(mention: ObjectSpec, names: readonly ObjectSpec[]): ObjectSpec {
  const fits = names.filter((name) => matchFraction(mention, name) === 1);
  const kinds = new Set(fits.map(({ shape, colour, texture }) => `${shape} ${colour} ${texture}`));
  return kinds.size === 1 ? fits[0]! : mention;
}
