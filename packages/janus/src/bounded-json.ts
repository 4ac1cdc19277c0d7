// Reads a small JSON file of a checkpoint, whose size nobody vouches for. What it says is checked by whoever asked.
import { readFile, stat } from "node:fs/promises";

/** Far above any config or tokenizer: that of Janus-Pro has 5 MB. */
const maxBytes = 128 * 2 ** 20;

/**
 * The parsed file.
 *
 * @throws Error as the file system gives it; RangeError for a file above 128 MiB, unread; SyntaxError where it is not JSON
 */
export async function readBoundedJson(path: string): Promise<unknown> {
  const { size } = await stat(path);
  if (size > maxBytes) throw new RangeError(`${path} has ${size} bytes, above ${maxBytes}`);
  return JSON.parse(await readFile(path, "utf8")) as unknown;
}
