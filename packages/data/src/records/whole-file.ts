// Writes lines to a file that appears whole or not at all. Knows nothing of what the lines hold.
import { createHash } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** What a written file holds. */
export type WrittenFile = { readonly lines: number; readonly sizeBytes: number; readonly sha256: string };

const PIECE_CHARACTERS = 1024 * 1024;

let sequence = 0;

/**
 * Writes each text as a line: to a temporary file beside `path`, synced, renamed over it. When anything fails, the iteration
 * included, the temporary file is removed and `path` is untouched. Makes the folder if absent.
 */
export async function writeLines(
  path: string,
  lines: AsyncIterable<string> | Iterable<string>,
): Promise<WrittenFile> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  sequence += 1;
  const temporary = join(folder, `.${basename(path)}.${process.pid}-${sequence}.partial`);
  const hash = createHash("sha256");
  const written = { lines: 0, sizeBytes: 0 };
  const file = await open(temporary, "w");
  try {
    try {
      const flush = async (piece: string): Promise<void> => {
        const bytes = Buffer.from(piece, "utf8");
        hash.update(bytes);
        written.sizeBytes += bytes.length;
        await file.appendFile(bytes);
      };
      let piece = "";
      for await (const line of lines) {
        piece += `${line}\n`;
        written.lines += 1;
        if (piece.length < PIECE_CHARACTERS) continue;
        await flush(piece);
        piece = "";
      }
      await flush(piece);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return { ...written, sha256: hash.digest("hex") };
}
