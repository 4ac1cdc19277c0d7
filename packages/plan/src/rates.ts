// How fast devices compute, with the source of each figure. Everything about a GPU is estimated: nothing was measured there.

/** Rates of a device. */
export type Rates = {
  readonly device: string;
  /** Floating-point operations a second in a training step, as achieved. */
  readonly trainFlops: number;
  /** The same while decoding a batch of rows. */
  readonly decodeFlops: number;
  /** Bytes of weights and caches read a second while decoding. */
  readonly bytesPerSecond: number;
  /** Time of a decoding step and of a layer that no size explains, in ms. */
  readonly layerOverheadMs: number;
  readonly measured: boolean;
  readonly source: string;
};

/** Two cores of a shared server processor with AVX512. */
export const processorRates: Rates = {
  device: "2 processor cores",
  trainFlops: 97e9,
  decodeFlops: 75e9,
  bytesPerSecond: 16e9,
  layerOverheadMs: 0,
  measured: true,
  source:
    "measured on two Zen 4 cores: a training step of 0.94 M weights on 16 x 128 tokens in 119 ms; decoding of 128 rows at 3.15 ms a step and 0.033 ms a cache slot",
};

const achievedShare = 0.3;
const achievedBandwidth = 0.6;

/** One L40S, the card of the paper. */
export const l40sRates: Rates = {
  device: "one L40S",
  trainFlops: achievedShare * 183e12,
  decodeFlops: achievedShare * 183e12,
  bytesPerSecond: achievedBandwidth * 864e9,
  layerOverheadMs: 0.05,
  measured: false,
  source:
    "estimated: 30 % of the data sheet's 183 TFLOP/s (TF32) and 60 % of its 864 GB/s; float32 caches, weights as model.weights says",
};

/** Calls that one server of a 7B vision-language model answers a second. Estimated. */
export const judgeCallsPerSecond = 8;
