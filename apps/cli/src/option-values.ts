// Readers of option values for commander: a wrong value is refused with what would be right.
import { InvalidArgumentError } from "commander";

/** Reads a whole number of at least `least`. */
export function wholeFrom(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`Pass a whole number from ${least}.`);
  };
}

/** Reads a number of at least `least`. */
export function numberFrom(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isFinite(value) && value >= least) return value;
    throw new InvalidArgumentError(`Pass a number from ${least}.`);
  };
}

/** Reads a share, above 0 and at most 1. */
export function shareOf(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value > 0 && value <= 1) return value;
  throw new InvalidArgumentError("Pass a number above 0 and at most 1.");
}

/** Reads temperatures such as `1,0`, each once. */
export function temperaturesOf(text: string): readonly number[] {
  return [...new Set(text.split(",").map(numberFrom(0)))];
}

/** Reads guidance scales such as `1,5`, each once. */
export function guidanceScalesOf(text: string): readonly number[] {
  return [...new Set(text.split(",").map(numberFrom(1)))];
}

/** Reads seeds such as `1,2,3`, each once. */
export function seedsOf(text: string): readonly number[] {
  return [...new Set(text.split(",").map(wholeFrom(0)))];
}
