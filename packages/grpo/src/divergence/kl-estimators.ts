// Per-token estimators of KL(policy || reference) from one sampled token, with their derivatives. Not a sum over tokens.

/**
 * With d = l_ref - l: `k1` = -d (unbiased, may be negative), `k2` = d^2/2, `k3` = exp(d) - d - 1 (unbiased, never negative).
 * As loss terms they pull differently: on policy the expected gradient of k1 is zero, that of k2 belongs to
 * KL(policy || reference), that of k3 to KL(reference || policy).
 */
export type KlEstimator = "k1" | "k2" | "k3";

export type KlTerm = {
  readonly value: number;
  /** d value / d l, l being the policy's log-prob. */
  readonly gradient: number;
};

/** Largest |d| that enters an exponential: beyond it value and gradient are those of a clamped difference. */
export const LOG_RATIO_LIMIT = 20;

/** Never negative, and 0 only for equal log-probs. */
export function k3(logProb: number, referenceLogProb: number): number {
  return klTerm("k3", logProb, referenceLogProb).value;
}

/** Value and derivative of one estimator. The derivative is 0 where the difference is clamped at +-20. */
export function klTerm(estimator: KlEstimator, logProb: number, referenceLogProb: number): KlTerm {
  const raw = referenceLogProb - logProb;
  const d = Math.min(LOG_RATIO_LIMIT, Math.max(-LOG_RATIO_LIMIT, raw));
  const slope = d === raw ? 1 : 0;
  switch (estimator) {
    case "k1":
      return { value: -d, gradient: slope };
    case "k2":
      return { value: (d * d) / 2, gradient: -d * slope };
    case "k3":
      // expm1 keeps the value from dipping below 0 by rounding when d is tiny.
      return { value: Math.max(0, Math.expm1(d) - d), gradient: -Math.expm1(d) * slope };
  }
}
