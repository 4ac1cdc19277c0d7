// The markup of a GoT chain (GoT-R1, reasoning_chain.txt examples). Only the strings; grammar is in parse.ts.

/** Starts an object's name. */
export const OBJ_START = "<|obj_start|>";
/** Ends an object's name. */
export const OBJ_END = "<|obj_end|>";
/** Starts a box. */
export const BOX_START = "<|box_start|>";
/** Ends a box. */
export const BOX_END = "<|box_end|>";
/** Ends the chain and switches the model to image tokens. */
export const BEGIN_OF_IMAGE = "<begin_of_image>";

/** A marker inside a chain. */
export type Marker =
  | typeof OBJ_START
  | typeof OBJ_END
  | typeof BOX_START
  | typeof BOX_END
  | typeof BEGIN_OF_IMAGE;
