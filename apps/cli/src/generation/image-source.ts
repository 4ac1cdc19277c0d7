// What draws pictures for `easel generate`, seen from outside: tasks in, pictures with their chains out. The one over a
// model is sampled-images.ts.
import type { RgbImage } from "@easel/shapeworld";
import type { PictureIndex } from "./file-layout.js";

/** A chain that was sampled; begin-of-image is its last id. */
export type SampledChain = {
  readonly ids: readonly number[];
  readonly text: string;
  /** True when begin-of-image was appended at the cap. */
  readonly forcedBoi: boolean;
};

/** One picture to draw. */
export type DrawTask = PictureIndex & {
  readonly prompt: string;
  /** The chain to draw from; null samples one first. */
  readonly chain: SampledChain | null;
};

/** One drawn picture. */
export type DrawnImage = {
  readonly chain: SampledChain;
  readonly image: RgbImage;
  /** Of the engine that drew it. */
  readonly engineFingerprint: string;
};

/** Draws pictures. Calls must not overlap. */
export type ImageSource = {
  /** One picture a task, in the order of the tasks. `signal` ends it early, by its reason. */
  draw(tasks: readonly DrawTask[], signal?: AbortSignal): Promise<readonly DrawnImage[]>;
};
