// Plain settings of a small learner, for tests that change one or two of them.

/** Nothing decays and nothing is guided; passes of two rows. */
export const learnerOptions = {
  beta1: 0.9,
  beta2: 0.99,
  weightDecay: 0,
  maxGradientNorm: 1,
  matmul: "f32",
  compile: "graph",
  clipLow: 0.2,
  clipHigh: 0.2,
  beta: 0.01,
  aggregation: { kind: "tokenMean" },
  logProbs: {},
  rowsPerPass: 2,
} as const;
