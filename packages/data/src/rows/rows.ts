// Rows of a data file of any format. What is in a row, its user says.
import { extname } from "node:path";
import { DataError } from "../errors.js";
import { readJsonArray } from "./json-array.js";
import { parseJsonLine } from "./json-line.js";
import { readParquet } from "./read-parquet.js";
import { readLines } from "./text-lines.js";

/** Formats of data files with named fields. */
export const ROW_FORMATS = ["json", "jsonl", "parquet"] as const;
/** `json` is one array of objects, `jsonl` one object a line. */
export type RowFormat = (typeof ROW_FORMATS)[number];

/** A row with its number in the file, counted from 1; of `jsonl` the number of the line. */
export type Row = { readonly number: number; readonly value: unknown };

/**
 * The format that a file's name says; null when it says none.
 */
export function formatOfName(path: string): RowFormat | null {
  const extension = extname(path).toLowerCase().slice(1);
  if (extension === "ndjson") return "jsonl";
  return ROW_FORMATS.find((format) => format === extension) ?? null;
}

/**
 * The format to read a file in.
 *
 * @throws DataError `EASEL_DATA_FORMAT` when none is given and the name says none
 */
export function formatOf(path: string, given?: RowFormat): RowFormat {
  const format = given ?? formatOfName(path);
  if (format !== null) return format;
  throw new DataError(
    "EASEL_DATA_FORMAT",
    `${path}: the name does not say the format. Let it end in .json, .jsonl or .parquet, a list of prompts also in .txt, or give --format.`,
  );
}

/**
 * Reads the rows of a file in its order. Of `jsonl`, lines without any character are passed over.
 *
 * @param fields paths of the fields that are needed, such as `meta.width`; parquet reads only these columns
 * @throws DataError as the readers of the formats
 */
export async function* readRows(
  path: string,
  format: RowFormat,
  fields: readonly string[],
): AsyncGenerator<Row> {
  let number = 0;
  switch (format) {
    case "json":
      for await (const value of readJsonArray(path)) yield { number: ++number, value };
      return;
    case "jsonl":
      for await (const line of readLines(path)) {
        if (line.text.trim() !== "") yield { number: line.number, value: parseJsonLine(path, line) };
      }
      return;
    case "parquet": {
      // A dot may be in a column's name or lead into a column.
      const columns = fields.flatMap((field) => [field, field.split(".")[0] ?? field]);
      for await (const value of readParquet(path, columns)) yield { number: ++number, value };
    }
  }
}
