// What measures and skills are called where people read them, in the order in which they are shown.
import type { Category } from "@easel/shapeworld";
import type { Measure } from "@easel/training";

const measures: Readonly<Record<Measure, { readonly name: string; readonly meaning: string }>> = {
  total: { name: "total", meaning: "the reward: pi · (sem + spa)/2 · ri · q" },
  sem: { name: "sem", meaning: "plan against prompt, objects" },
  spa: { name: "spa", meaning: "plan against prompt, layout" },
  pi: { name: "pi", meaning: "image against prompt" },
  ri: { name: "ri", meaning: "image against plan" },
  q: { name: "q", meaning: "image quality" },
  strict: { name: "strict", meaning: "share of strict successes; never rewarded" },
};

const skills: Readonly<Record<Category, string>> = {
  colour: "colour",
  shape: "shape",
  texture: "texture",
  spatial: "spatial",
  counting: "counting",
  complex: "complex",
};

/** All measures, the total first and strict success last. */
export const measureNames = Object.keys(measures) as readonly Measure[];
/** All skills. */
export const skillNames = Object.keys(skills) as readonly Category[];

/** A measure's meaning in a few words. */
export function meaningOf(measure: Measure): string {
  return measures[measure].meaning;
}

/** "temperature 1", or "near-greedy (temperature 0)". */
export function temperatureName(temperature: number): string {
  return temperature < 0.5 ? `near-greedy (temperature ${temperature})` : `temperature ${temperature}`;
}

/** How samples were drawn, in words; guidance and seed where they are given, and no seed where none matters. */
export function wayName(way: {
  readonly temperature: number;
  readonly guidanceScale?: number;
  readonly seed?: number;
}): string {
  return [
    temperatureName(way.temperature),
    ...(way.guidanceScale === undefined ? [] : [`guidance ${way.guidanceScale}`]),
    ...(way.seed === undefined || way.temperature === 0 ? [] : [`seed ${way.seed}`]),
  ].join(", ");
}

/** What the two models of a comparison are called in columns and captions. */
export type SideNames = { readonly before: string; readonly after: string };

/** The names within a run. */
export const runSides: SideNames = { before: "before", after: "after" };
