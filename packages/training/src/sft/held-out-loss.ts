// The loss on rows that are not trained on: forward passes only, never with a dropped condition.
import { jit, type Params, tf } from "@easel/engine";
import {
  type JanusConfig,
  type PackedTensors,
  type PartWeights,
  packedTensors,
  packSequences,
  type SequenceRow,
  sequenceLoss,
} from "@easel/janus";
import { addCounts, type PartCounts, partCounts, weightedTokens } from "./part-counts.js";
import type { SftPacking } from "./sft-trainer.js";

/** Mean losses in nats a token; `loss` is weighted as in training. */
export type HeldOutLoss = PartCounts & { readonly loss: number };

/** Measures held-out rows with the weights of the moment. */
export type HeldOutMeter = {
  measure(rows: readonly SequenceRow[], signal?: AbortSignal): Promise<HeldOutLoss>;
  dispose(): void;
};

/** How to measure. */
export type HeldOutOptions = {
  readonly parts: PartWeights;
  readonly padId: number;
  readonly packing: SftPacking;
  readonly rowsPerPass: number;
  readonly matmul: "f32" | "bf16";
};

/** Makes a meter for one model; `params` may carry adapters. */
export function createHeldOutMeter(config: JanusConfig, params: Params, how: HeldOutOptions): HeldOutMeter {
  const { parts, padId, packing, rowsPerPass, matmul } = how;
  const losses = jit(
    (batch: PackedTensors) => {
      const { chain, boi, image } = sequenceLoss(config, params, batch, parts);
      return { chain, boi, image };
    },
    { name: "held-out-loss", matmul },
  );
  return {
    async measure(rows, signal) {
      let sums: PartCounts = { chain: 0, boi: 0, image: 0 };
      let counts: PartCounts = { chain: 0, boi: 0, image: 0 };
      for (let start = 0; start < rows.length; start += rowsPerPass) {
        signal?.throwIfAborted();
        const part = rows.slice(start, start + rowsPerPass);
        const packed = packSequences({ rows: part, padId, ...packing, rowBucket: rowsPerPass });
        const batch = packedTensors(packed);
        const found = await losses.async(batch);
        const here = partCounts(packed);
        const sum = async (tensor: tf.Tensor, count: number): Promise<number> =>
          ((await tensor.data())[0] ?? Number.NaN) * count;
        sums = addCounts(sums, {
          chain: await sum(found.chain, here.chain),
          boi: await sum(found.boi, here.boi),
          image: await sum(found.image, here.image),
        });
        counts = addCounts(counts, here);
        tf.dispose([batch, found]);
      }
      return {
        chain: sums.chain / Math.max(counts.chain, 1),
        boi: sums.boi / Math.max(counts.boi, 1),
        image: sums.image / Math.max(counts.image, 1),
        loss: weightedTokens(sums, parts) / Math.max(weightedTokens(counts, parts), 1e-6),
      };
    },
    dispose: () => losses.dispose(),
  };
}
