// Rows of per-token numbers and the checks that keep two of them aligned. Holds no arithmetic.

import { GrpoError } from "../errors.js";

/** `[sequences][tokens]`; rows may have different lengths. */
export type TokenRows = readonly ArrayLike<number>[];

/** Throws `EASEL_GRPO_SHAPE` unless both have the same rows of the same lengths. Nothing is ever padded silently. */
export function assertSameRows(name: string, rows: TokenRows, expected: TokenRows): void {
  if (rows.length !== expected.length) {
    throw new GrpoError(
      "EASEL_GRPO_SHAPE",
      `${name} has ${rows.length} rows, the log-probs have ${expected.length}; pass one row a sequence`,
    );
  }
  for (let i = 0; i < rows.length; i++) {
    const have = rows[i]!.length;
    const want = expected[i]!.length;
    if (have !== want) {
      throw new GrpoError(
        "EASEL_GRPO_SHAPE",
        `${name} row ${i} has ${have} tokens, the log-probs have ${want}; a missing log-prob is not 0`,
      );
    }
  }
}

/** Reads one counted token; throws `EASEL_GRPO_NOT_FINITE` because min and max would let a NaN pass unseen. */
export function finiteAt(name: string, rows: TokenRows, row: number, token: number): number {
  const value = rows[row]![token]!;
  if (!Number.isFinite(value)) {
    throw new GrpoError(
      "EASEL_GRPO_NOT_FINITE",
      `${name}[${row}][${token}] is ${value}; mask the token out or find where the number was lost`,
    );
  }
  return value;
}
