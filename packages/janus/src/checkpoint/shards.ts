// How weights are spread over files, and what those are called. Plain values.

/** Groups names in order so that no group exceeds the limit, unless one weight alone does. At least one group. */
export function shardNames(
  sizesBytes: ReadonlyMap<string, number>,
  limitBytes: number,
): readonly (readonly string[])[] {
  const shards: string[][] = [];
  let room = 0;
  for (const [name, size] of sizesBytes) {
    const current = shards.at(-1);
    if (current === undefined || size > room) {
      shards.push([name]);
      room = limitBytes - size;
    } else {
      current.push(name);
      room -= size;
    }
  }
  return shards.length === 0 ? [[]] : shards;
}

/** File names of a number of shards. */
export function shardFiles(count: number): readonly string[] {
  if (count === 1) return ["model.safetensors"];
  const padded = (n: number): string => String(n).padStart(5, "0");
  return Array.from({ length: count }, (_, i) => `model-${padded(i + 1)}-of-${padded(count)}.safetensors`);
}
