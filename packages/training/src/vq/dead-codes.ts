// Which unused codes to replace, and by what: plain numbers in, plain numbers out.
import type { Random } from "@easel/shapeworld";

/** One code and the index of the badly coded latent that it shall stand for from now on. */
export type Replacement = { readonly code: number; readonly candidate: number };

/**
 * Pairs codes that are hardly used with distinct candidates, most idle code first.
 *
 * @param uses decayed uses of each code a step
 * @param threshold a code used less than this is dead
 * @param candidates how many badly coded latents there are to choose from
 */
export function replaceDeadCodes(
  uses: ArrayLike<number>,
  threshold: number,
  candidates: number,
  random: Random,
): readonly Replacement[] {
  const dead = Array.from(uses, (use, code) => ({ use, code }))
    .filter(({ use }) => use < threshold)
    .sort((a, b) => a.use - b.use);
  const free = Array.from({ length: candidates }, (_, index) => index);
  return dead.slice(0, candidates).map(({ code }) => {
    const [candidate = 0] = free.splice(Math.floor(random.next() * free.length), 1);
    return { code, candidate };
  });
}

/** Share of codes used at least `threshold` times a step, in [0,1]. */
export function codebookUse(uses: ArrayLike<number>, threshold: number): number {
  return Array.from(uses).filter((use) => use >= threshold).length / uses.length;
}
