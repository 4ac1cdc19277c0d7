// Columns of plain text, aligned. Knows nothing of rewards.

/** One row of cells, or a line over the whole width. */
export type TextRow = readonly string[] | { readonly line: string };

const isCells = (row: TextRow): row is readonly string[] => Array.isArray(row);

/** Rows as lines: the first column to the left, the others to the right, two spaces between; nothing trails. */
export function textTable(rows: readonly TextRow[]): string {
  const widths: number[] = [];
  for (const row of rows.filter(isCells)) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    }
  }
  const lines = rows.map((row) => {
    if (!isCells(row)) return row.line;
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    return cells.join("  ").trimEnd();
  });
  return `${lines.join("\n")}\n`;
}
