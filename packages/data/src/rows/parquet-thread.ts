// The thread in which a parquet file is decoded. Answers each message with the next rows, or how the decoding ended.
import { parentPort, workerData } from "node:worker_threads";
import { DataError, type DataErrorCode, reasonOf } from "../errors.js";
import { decodeParquet, type ParquetRow } from "./decode-parquet.js";

/** What the thread is started with. */
export type ParquetTask = { readonly path: string; readonly columns: readonly string[] };

/** What the thread answers. */
export type ParquetAnswer =
  | { readonly rows: readonly ParquetRow[]; readonly last: boolean }
  | { readonly code: DataErrorCode | null; readonly message: string };

const ROWS_AT_ONCE = 1000;

const { path, columns } = workerData as ParquetTask;
const rows = decodeParquet(path, columns);

async function nextRows(): Promise<ParquetAnswer> {
  const batch: ParquetRow[] = [];
  try {
    while (batch.length < ROWS_AT_ONCE) {
      const next = await rows.next();
      if (next.done === true) return { rows: batch, last: true };
      batch.push(next.value);
    }
    return { rows: batch, last: false };
  } catch (error) {
    return { code: error instanceof DataError ? error.code : null, message: reasonOf(error) };
  }
}

parentPort?.on("message", () => {
  void nextRows().then((answer) => parentPort?.postMessage(answer));
});
