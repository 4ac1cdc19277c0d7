// What a parquet file's own description must agree on before its columns are read: a broken one would have the reader look for
// columns in the wrong place, or leave a failed read that nobody waits for.
import { type FileMetaData, parquetSchema, type SchemaTree } from "hyparquet";

/** Most rows of a row group; writers stay near one million. */
const GROUP_ROWS_LIMIT = 16 * 1024 * 1024;

/** What is in the file. */
export type ParquetLayout = {
  /** Names of the top-level columns. */
  readonly columns: readonly string[];
  /** Rows of each row group. */
  readonly groups: readonly number[];
};

/**
 * Checks and reads the layout.
 *
 * @throws RangeError when the description contradicts itself
 */
export function parquetLayout(metadata: FileMetaData): ParquetLayout {
  const tree = parquetSchema(metadata);
  const leaves = leafPaths(tree);
  const columns = tree.children.map(({ element }) => element.name);
  if (new Set(leaves).size !== leaves.length || new Set(columns).size !== columns.length) {
    throw new RangeError("two columns have the same name");
  }
  const groups = metadata.row_groups.map(({ columns: chunks, num_rows: rows }) => {
    const paths = chunks.map(({ meta_data: chunk }) => JSON.stringify(chunk?.path_in_schema));
    if (paths.length !== leaves.length || paths.some((path, index) => path !== leaves[index])) {
      throw new RangeError("a row group has other columns than the file");
    }
    const count = Number(rows);
    if (Number.isSafeInteger(count) && count >= 0 && count <= GROUP_ROWS_LIMIT) return count;
    throw new RangeError(`a row group of ${rows} rows`);
  });
  return { columns, groups };
}

function leafPaths(tree: SchemaTree): readonly string[] {
  return tree.children.flatMap((child) =>
    child.children.length === 0 ? [JSON.stringify(child.path)] : leafPaths(child),
  );
}
