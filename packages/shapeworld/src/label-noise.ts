// Knobs of the label noise that leaves an SFT model room to improve by RL. Applied in example.ts.

/** Probabilities in `[0,1]`; all 0 gives exact examples. */
export type LabelNoise = {
  /** Per object: plan and picture show another value of one of its named attributes. */
  readonly attribute: number;
  /** Per relation: the boxes are placed without it, while the chain still states it. */
  readonly relationIgnored: number;
  /** Per relation: chain and boxes follow the opposite relation. */
  readonly relationMisstated: number;
  /** Per relation told in an inverted phrasing: read in text order, so that chain and boxes follow the opposite relation. */
  readonly invertedMislabelled: number;
  /** Per prompt: plan and picture have one object too many or too few. */
  readonly count: number;
  /** Per object: the picture shows it one cell away from its planned box. */
  readonly shift: number;
};

/** Exact examples. */
export const NO_NOISE: LabelNoise = {
  attribute: 0,
  relationIgnored: 0,
  relationMisstated: 0,
  invertedMislabelled: 0,
  count: 0,
  shift: 0,
};

/** Noise of the first SFT stage that was seen to work for janus-nano. */
export const FIRST_STAGE_NOISE: LabelNoise = {
  ...NO_NOISE,
  attribute: 0.04,
  relationIgnored: 0.3,
  count: 0.08,
  shift: 0.1,
};

/** Noise of the second SFT stage: systematic on inverted phrasings, so that greedy decoding errs too. */
export const SECOND_STAGE_NOISE: LabelNoise = {
  ...NO_NOISE,
  attribute: 0.08,
  invertedMislabelled: 0.65,
  count: 0.15,
  shift: 0.12,
};
