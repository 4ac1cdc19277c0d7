// Device memory of training besides a pass: frozen weights, what moves, its gradients and moments, a second copy for the
// reference where there is one, and the update itself.
import { F32, type Part } from "./part.js";
import { frozenBytes, type WeightStorage } from "./weight-storage.js";

/** How moments are kept. */
export type Moments = "fp32" | "8bit";

/** What is trained. */
export type Trained = {
  /** Weights on the device that do not move. */
  readonly frozen: number;
  /** How those lie there. */
  readonly storage: WeightStorage;
  /** Weights that move. */
  readonly moving: number;
  /** Weights of a second copy: whole-weight reinforcement keeps its reference. */
  readonly copied: number;
  readonly moments: Moments;
};

const momentBytes: Readonly<Record<Moments, number>> = { fp32: 8, "8bit": 2.03 };

/** What lies in memory from the first update to the last. */
export function standingMemory({ frozen, storage, moving, copied, moments }: Trained): readonly Part[] {
  return [
    { name: "frozen weights", bytes: frozen * frozenBytes[storage] },
    { name: "trained weights", bytes: moving * F32 },
    { name: "reference copy", bytes: copied * F32 },
    { name: "gradient sums", bytes: moving * F32 },
    { name: `moments (${moments})`, bytes: moving * momentBytes[moments] },
  ];
}

/** A pass makes its gradients, then new sums while the old ones are still held. */
export function gradientMemory({ moving }: Trained): Part {
  return { name: "gradients of the pass", bytes: 2 * moving * F32 };
}

/** Values that an update makes before it lets go of the old: weights, two moments, sums, and some of the gradients. */
const newValues = 4.5;

/** The end of an update. 8-bit moments exist as float32 while it is computed. */
export function updateMemory({ moving }: Trained): Part {
  return { name: "the update's new values", bytes: newValues * moving * F32 };
}
