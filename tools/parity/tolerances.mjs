// How far a quantity may be from the original's number: absolute, for float32 on both sides. They lie a few times above the
// noise measured between two float32 paths and far below what a wrong epsilon, GELU or padding does (docs/parity.md).

/** Exact: ids, codes, texts. */
export const exact = 0;

/** Embeddings and hidden states. */
export const states = 5e-5;

/** Logits and log-probabilities. */
export const logits = 1e-4;

/** Guided logits reach 46 and carry up to w + |1 - w| times the rounding of plain ones. */
export const guidedLogits = 5e-4;

/** Losses. */
export const loss = 1e-5;

/** Gradients: part of it is relative to the largest entry of the tensor. */
export const gradient = (largest) => 1e-5 + 1e-4 * largest;

/** Adapter matrices after optimizer steps. */
export const trainedAdapter = 1e-5;

/** The codec's floats, on a processor. */
export const codec = 3e-5;

/** Its intermediate stages, whose entries reach ten: a like share of the largest entry. */
export const codecStage = (largest) => Math.max(codec, 5e-6 * largest);

/** Bytes of a picture: at most one level off, in less than this share of the values. */
export const byteLevels = 1;
export const byteShare = 1e-3;

/** Single operations. */
export const operation = 2e-6;
export const normOrConvolution = 5e-6;
/** At head size 128 angles near 1000 are 6e-5 off in float32, in the original too. */
export const wideRotary = 3e-4;

/** Plain arithmetic, in float64 here and in float32 there. */
export const arithmetic = (largest) => 2e-6 + 1e-6 * largest;
export const arithmeticGradient = (largest) => 1e-8 + 1e-6 * largest;
export const arithmeticMean = 1e-6;
