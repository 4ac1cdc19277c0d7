// The options of `easel sft`, for both kinds of settings files.

/** What the command line says. */
export type SftOptions = {
  readonly config: string;
  readonly out: string;
  /** The checkpoint to start from. */
  readonly from?: string;
  /** Shapeworld: the codec of a new model. */
  readonly vq?: string;
  /** Shapeworld: the stage to start with, from 1. */
  readonly stage: number;
  /** Pictures: the data file. */
  readonly data?: string;
  /** Pictures: settings, `section.name=value`. */
  readonly set: readonly string[];
  /** Pictures: go on where the folder stopped. */
  readonly resume?: boolean;
};
