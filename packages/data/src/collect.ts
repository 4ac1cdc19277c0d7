// All items of a stream at once, for files that are known to be small, such as those of prompts.

/** The items in their order. Node.js 22 has this as `Array.fromAsync`. */
export async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
