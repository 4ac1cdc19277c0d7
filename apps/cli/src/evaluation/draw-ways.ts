// In which ways the prompts of an evaluation are drawn: every temperature under every guidance scale from every seed.

/** One way of drawing. */
export type DrawWay = {
  /** 0 takes the likeliest token each time. */
  readonly temperature: number;
  readonly guidanceScale: number;
  /** Of the draws; the prompts have a seed of their own. */
  readonly seed: number;
};

/**
 * All combinations: by guidance scale, then seed, then temperature. The likeliest tokens are the same from every seed, so
 * temperature 0 comes once a guidance scale.
 */
export function drawWays(
  temperatures: readonly number[],
  guidanceScales: readonly number[],
  seeds: readonly number[],
): readonly DrawWay[] {
  return guidanceScales.flatMap((guidanceScale) =>
    seeds.flatMap((seed, index) =>
      temperatures
        .filter((temperature) => temperature !== 0 || index === 0)
        .map((temperature) => ({ temperature, guidanceScale, seed })),
    ),
  );
}

/** At temperature 0 all samples of a prompt would be the same, so one is drawn. */
export function samplesAt(temperature: number, samplesPerPrompt: number): number {
  return temperature === 0 ? 1 : samplesPerPrompt;
}
