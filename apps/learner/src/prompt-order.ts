// Which prompt an issue number gets: every prompt once a pass, in an order that is a function of seed and pass. Holds no state,
// so nothing of it can be lost.
import { randomFrom } from "@easel/shapeworld";

/** Position in a set of `count` prompts of the issue with this number (1 is the first). */
export type PromptOrder = (issue: number) => number;

export function promptOrder(count: number, seed: number): PromptOrder {
  let known = { pass: -1, order: [] as readonly number[] };
  return (issue) => {
    const pass = Math.floor((issue - 1) / count);
    if (pass !== known.pass) known = { pass, order: permutation(count, `${seed}/prompts/${pass}`) };
    return known.order[(issue - 1) % count] ?? 0;
  };
}

/** The numbers from 0 to below `count` in an order that is a function of the seed (Fisher and Yates). */
export function permutation(count: number, seed: string): number[] {
  const random = randomFrom(seed);
  const order = Array.from({ length: count }, (_, i) => i);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = Math.floor(random.next() * (last + 1));
    [order[last], order[other]] = [order[other] as number, order[last] as number];
  }
  return order;
}
