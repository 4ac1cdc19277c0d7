// Rows of a parquet file. They are decoded in a thread with limits of time and memory, so that a file that is broken or made to
// harm ends in an error that names it, and never takes the program with it.
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { DataError, reasonOf } from "../errors.js";
import type { ParquetRow } from "./decode-parquet.js";
import type { ParquetAnswer, ParquetTask } from "./parquet-thread.js";

/** Limits of decoding. */
export type ParquetLimits = {
  /** Longest time for one row group, in milliseconds; default ten minutes. */
  readonly timeMs?: number;
  /** Memory of the thread, in MiB; default 2048. */
  readonly memoryMib?: number;
};

const TIME_MS = 600_000;
const MEMORY_MIB = 2048;

// By name, because this file runs from its source in tests, and a thread only from what is built.
const threadFile = createRequire(import.meta.url).resolve("@easel/data/parquet-thread");

/**
 * Reads rows in the order of the file.
 *
 * @param columns names of top-level columns; those that the file lacks are absent from the rows
 * @throws DataError `EASEL_DATA_BAD_PARQUET` when it is no whole parquet file, has none of the columns or needs more than the
 *   limits; `EASEL_DATA_UNREADABLE`
 */
export async function* readParquet(
  path: string,
  columns: readonly string[],
  limits: ParquetLimits = {},
): AsyncGenerator<ParquetRow> {
  const { timeMs = TIME_MS, memoryMib = MEMORY_MIB } = limits;
  const task: ParquetTask = { path, columns };
  const thread = new Worker(threadFile, {
    workerData: task,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: memoryMib },
  });
  try {
    for (let last = false; !last; ) {
      const answer = await nextAnswer(thread, path, timeMs);
      if ("message" in answer) throw new DataError(answer.code ?? "EASEL_DATA_BAD_PARQUET", answer.message);
      yield* answer.rows;
      last = answer.last;
    }
  } finally {
    await thread.terminate();
  }
}

function nextAnswer(thread: Worker, path: string, timeMs: number): Promise<ParquetAnswer> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      thread.off("message", onMessage).off("error", onError).off("exit", onExit);
      act();
    };
    const refuse = (what: string, cause?: unknown): void =>
      settle(() => {
        reject(
          new DataError(
            "EASEL_DATA_BAD_PARQUET",
            `${path} cannot be read as parquet: ${what}. Fetch the file again; where its row groups are very large, write it anew with smaller ones.`,
            {
              cause,
            },
          ),
        );
      });
    const onMessage = (answer: ParquetAnswer): void => settle(() => resolve(answer));
    const onError = (error: unknown): void => refuse(reasonOf(error), error);
    const onExit = (status: number): void => refuse(`its thread ended with ${status}`);
    const timer = setTimeout(() => refuse(`a row group takes more than ${timeMs / 1000} s`), timeMs);
    thread.on("message", onMessage).on("error", onError).on("exit", onExit);
    thread.postMessage("next");
  });
}
