// A policy of four numbers: logits of four styles of picture. Small enough to be trained in a microsecond, and a real policy all the same:
// it has log-probs, a gradient, momentum, and files that restore it bit for bit.
import { sha256Hex } from "@easel/protocol";

export type SimulatedTable = {
  readonly logits: readonly number[];
  readonly momentum: readonly number[];
  readonly updates: number;
};

/** Grey levels of the styles; a brighter picture gets a higher reward from the simulated judge. */
export const STYLE_LEVELS = [0, 85, 170, 255] as const;

export const newTable: SimulatedTable = { logits: [0, 0, 0, 0], momentum: [0, 0, 0, 0], updates: 0 };

export function probabilities({ logits }: SimulatedTable): number[] {
  const most = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp(logit - most));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** The style for a uniform number in [0,1). */
export function drawStyle(table: SimulatedTable, uniform: number): number {
  let left = uniform;
  for (const [style, probability] of probabilities(table).entries()) {
    left -= probability;
    if (left < 0) return style;
  }
  return STYLE_LEVELS.length - 1;
}

/** A number in [0,1) that is a function of the text. */
export function uniformOf(text: string): number {
  return Number.parseInt(sha256Hex(text).slice(0, 12), 16) / 2 ** 48;
}

/** One step of the policy gradient with momentum. */
export function updateTable(
  table: SimulatedTable,
  rows: readonly { readonly style: number; readonly advantage: number }[],
  learningRate: number,
): SimulatedTable {
  const p = probabilities(table);
  const gradient = table.logits.map((_, k) =>
    rows.reduce(
      (sum, { style, advantage }) => sum + (advantage * ((style === k ? 1 : 0) - (p[k] ?? 0))) / rows.length,
      0,
    ),
  );
  const momentum = table.momentum.map((old, k) => 0.5 * old + (gradient[k] ?? 0));
  const logits = table.logits.map((logit, k) => logit + learningRate * (momentum[k] ?? 0));
  return { logits, momentum, updates: table.updates + 1 };
}

/** The weights alone, as bytes: optimizer state is not part of them. */
export function tableBytes({ logits }: SimulatedTable): Uint8Array {
  return new Uint8Array(Float64Array.from(logits).buffer);
}

export function tableFromBytes(bytes: Uint8Array): SimulatedTable {
  const logits = [...new Float64Array(Uint8Array.from(bytes).buffer)];
  return { ...newTable, logits };
}
