// What a step needs besides its batch to be made again exactly: its learning rate, which follows the clock. Written and synced before
// the step's manifest. Not a record of results; those are metrics.jsonl.
import { readFile } from "node:fs/promises";
import { appendDurably } from "./durable-file.js";

export type JournalEntry = {
  readonly epoch: number;
  readonly step: number;
  readonly learningRate: number;
  /** Training time before the step. */
  readonly elapsedMs: number;
};

export async function appendJournal(path: string, entry: JournalEntry): Promise<void> {
  await appendDurably(path, `${JSON.stringify(entry)}\n`);
}

/** The entry of each step by `epoch/step`; a last line that a crash cut off is left out. */
export async function readJournal(path: string): Promise<ReadonlyMap<string, JournalEntry>> {
  const entries = new Map<string, JournalEntry>();
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch {
    return entries;
  }
  for (const line of text.split("\n")) {
    try {
      const entry = JSON.parse(line) as JournalEntry;
      entries.set(`${entry.epoch}/${entry.step}`, entry);
    } catch {
      // Empty, or cut off: the manifest of that step was never written either.
    }
  }
  return entries;
}
