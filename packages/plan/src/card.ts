// A card's memory, and what fits it.
import { parseSizeBytes } from "@easel/config";
import { PlanError } from "./errors.js";

/** Of a card's memory this much can be used: driver and fragmentation take the rest. Estimated. */
export const usableShare = 0.94;

/**
 * Reads a card's memory, such as `48GB`.
 * @throws PlanError `EASEL_PLAN_CARD`
 */
export function cardBytes(text: string): number {
  const bytes = parseSizeBytes(text);
  if (bytes !== null && bytes > 0) return bytes;
  throw new PlanError(
    "EASEL_PLAN_CARD",
    `--card ${text} is not a size. Give one with its unit, such as 48GB.`,
  );
}

/** Whether so many bytes fit a card. */
export function fits(neededBytes: number, card: number): boolean {
  return neededBytes <= usableShare * card;
}
