// Whether a chain may be trained on. Reads no files, and changes nothing: cleaning is elsewhere.
import { BEGIN_OF_IMAGE, type ChainFaultCode, parseChain } from "@easel/chain";

/** Why a chain is no training data: a fault of its markup, no boxed object at all, or the marker that training itself adds. */
export type ChainReason = ChainFaultCode | "no-object" | "begin-of-image-inside";

/**
 * The first reason against training on a chain; null when it is good. Every object has a readable box with its corners in
 * order and in `[0,999]`, and there is at least one. The same object twice is no fault.
 */
export function chainReason(chain: string): ChainReason | null {
  if (chain.includes(BEGIN_OF_IMAGE)) return "begin-of-image-inside";
  const { objects, faults } = parseChain(chain);
  const fault = faults.find(({ code }) => code !== "duplicated-object");
  if (fault !== undefined) return fault.code;
  return objects.length === 0 ? "no-object" : null;
}
