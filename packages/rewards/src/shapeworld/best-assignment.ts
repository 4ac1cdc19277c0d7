// One-to-one assignment of rows to columns with the largest total weight (Hungarian method). Knows no objects.

export type Assignment = {
  readonly total: number;
  /** Column of each row, -1 for rows without one or with a pair of weight 0. */
  readonly columnOf: readonly number[];
};

/**
 * @param weights `[rows][columns]`, each >= 0; any sizes
 * @param columns number of columns, needed when there are no rows to read it from
 */
export function bestAssignment(weights: readonly (readonly number[])[], columns: number): Assignment {
  const rows = weights.length;
  if (rows === 0 || columns === 0) return { total: 0, columnOf: new Array<number>(rows).fill(-1) };
  const transposed = rows > columns;
  const n = transposed ? columns : rows;
  const m = transposed ? rows : columns;
  const cost = (i: number, j: number): number => -(transposed ? weights[j]![i]! : weights[i]![j]!);

  // Potentials u, v and augmenting paths; index 0 is the virtual start, rows and columns count from 1.
  const u = new Float64Array(n + 1);
  const v = new Float64Array(m + 1);
  const rowOf = new Int32Array(m + 1);
  const previous = new Int32Array(m + 1);
  for (let i = 1; i <= n; i++) {
    const slack = new Float64Array(m + 1).fill(Number.POSITIVE_INFINITY);
    const visited = new Uint8Array(m + 1);
    rowOf[0] = i;
    let column = 0;
    while (rowOf[column] !== 0) {
      visited[column] = 1;
      const row = rowOf[column]!;
      let smallest = Number.POSITIVE_INFINITY;
      let next = 0;
      for (let j = 1; j <= m; j++) {
        if (visited[j] === 1) continue;
        const reduced = cost(row - 1, j - 1) - u[row]! - v[j]!;
        if (reduced < slack[j]!) {
          slack[j] = reduced;
          previous[j] = column;
        }
        if (slack[j]! < smallest) {
          smallest = slack[j]!;
          next = j;
        }
      }
      for (let j = 0; j <= m; j++) {
        if (visited[j] === 1) {
          u[rowOf[j]!]! += smallest;
          v[j]! -= smallest;
        } else {
          slack[j]! -= smallest;
        }
      }
      column = next;
    }
    while (column !== 0) {
      rowOf[column] = rowOf[previous[column]!]!;
      column = previous[column]!;
    }
  }

  const columnOf = new Array<number>(rows).fill(-1);
  let total = 0;
  for (let j = 1; j <= m; j++) {
    if (rowOf[j] === 0) continue;
    const row = transposed ? j - 1 : rowOf[j]! - 1;
    const column = transposed ? rowOf[j]! - 1 : j - 1;
    const weight = weights[row]![column]!;
    if (weight <= 0) continue;
    columnOf[row] = column;
    total += weight;
  }
  return { total, columnOf };
}
