// Which weights an export holds and from which stored bytes each one comes. Plain values; reads and writes nothing.
import type { HostDtype } from "@easel/engine";
import type { StoredWeight } from "../source/stored-weight.js";
import type { CheckpointLayout } from "../stored-config.js";
import { originalPart, transformersParts } from "../transformers-names.js";

/** A run of bytes of a stored weight. */
export type Segment = { readonly weight: StoredWeight; readonly begin: number; readonly end: number };

/** One weight of the export: the bytes of its segments, one after the other. */
export type PlannedWeight = {
  readonly dtype: HostDtype;
  readonly shape: readonly number[];
  readonly segments: readonly Segment[];
  /** Its name in the original layout, by which adapters find it. */
  readonly original: string;
};

/** What an export holds, and what of the source it cannot. */
export type WeightPlan = {
  readonly weights: ReadonlyMap<string, PlannedWeight>;
  /** Stored names without a place in the target layout. */
  readonly dropped: readonly string[];
};

const positions = "vision_model.vision_tower.pos_embed";

function wholeOf(weight: StoredWeight): Segment {
  return { weight, begin: 0, end: weight.sizeBytes };
}

/** Every weight as it is stored. */
function sameLayout(stored: Iterable<StoredWeight>, layout: CheckpointLayout): WeightPlan {
  const weights = new Map<string, PlannedWeight>();
  for (const weight of stored) {
    const original = layout === "original" ? weight.name : originalPart(weight.name).name;
    const { dtype, shape } = weight;
    weights.set(weight.name, { dtype, shape, segments: [wholeOf(weight)], original });
  }
  return { weights, dropped: [] };
}

/** Renamed, and what the original keeps in one is split: rows follow each other in memory, so a part is a run of bytes. */
function toTransformers(stored: Iterable<StoredWeight>): WeightPlan {
  const weights = new Map<string, PlannedWeight>();
  const dropped: string[] = [];
  for (const weight of stored) {
    const { name, dtype, shape, sizeBytes } = weight;
    const names = transformersParts(name);
    if (names.length === 0) dropped.push(name);
    const [rows = 1, ...rest] = shape;
    const partBytes = sizeBytes / names.length;
    for (const [part, target] of names.entries()) {
      const partShape = name === positions ? rest : [rows / names.length, ...rest];
      const segments = [{ weight, begin: part * partBytes, end: (part + 1) * partBytes }];
      weights.set(target, { dtype, shape: partShape, segments, original: name });
    }
  }
  return { weights, dropped };
}

/** The inverse. A weight of which not all parts are there is left out, and its parts count as dropped. */
function toOriginal(stored: Iterable<StoredWeight>): WeightPlan {
  const weights = new Map<string, PlannedWeight>();
  const dropped: string[] = [];
  const groups = new Map<string, { readonly parts: number; readonly found: Map<number, StoredWeight> }>();
  for (const weight of stored) {
    const { name, part, parts } = originalPart(weight.name);
    const group = groups.get(name) ?? { parts, found: new Map<number, StoredWeight>() };
    group.found.set(part, weight);
    groups.set(name, group);
  }
  for (const [name, { parts, found }] of groups) {
    const ordered = [...found].sort(([a], [b]) => a - b).map(([, weight]) => weight);
    const [first] = ordered;
    if (first === undefined || ordered.length < parts || ordered.some((one) => one.dtype !== first.dtype)) {
      dropped.push(...ordered.map((one) => one.name));
      continue;
    }
    const [rows = 1, ...rest] = first.shape;
    const shape = name === positions ? [1, ...first.shape] : [rows * parts, ...rest];
    weights.set(name, { dtype: first.dtype, shape, segments: ordered.map(wholeOf), original: name });
  }
  return { weights, dropped };
}

/** Plans an export from one layout to another or the same. */
export function planWeights(
  stored: Iterable<StoredWeight>,
  from: CheckpointLayout,
  to: CheckpointLayout,
): WeightPlan {
  if (from === to) return sameLayout(stored, from);
  return to === "transformers" ? toTransformers(stored) : toOriginal(stored);
}
