// The memory of a process: what lies there all the time, and phases that take turns.
import { type Part, totalOf } from "./part.js";
import type { Workspace } from "./workspace.js";

/** Memory by part, in order, and its sum. */
export type ProcessMemory = { readonly parts: readonly Part[]; readonly bytes: number };

/** Something that a process does for a while. */
export type Phase = ProcessMemory & { readonly name: string };

/** A process that trains: `parts` hold the phases' share as one part. */
export type TrainerMemory = ProcessMemory & { readonly phases: readonly Phase[] };

/** Parts with a sum. */
export function memoryOf(parts: readonly Part[]): ProcessMemory {
  const kept = parts.filter(({ bytes }) => bytes > 0);
  return { parts: kept, bytes: totalOf(kept) };
}

/** Makes a phase. */
export function phaseOf(name: string, parts: readonly Part[]): Phase {
  return { name, ...memoryOf(parts) };
}

/** Parts with context, workspace and what allocators hold beyond all of it. */
export function processMemory(
  parts: readonly Part[],
  workspaceBytes: number,
  { contextBytes, slack }: Workspace,
): ProcessMemory {
  const asked = memoryOf([
    ...parts,
    { name: "device context and libraries", bytes: contextBytes },
    { name: "workspace", bytes: workspaceBytes },
  ]);
  return memoryOf([...asked.parts, { name: "allocators", bytes: slack * asked.bytes }]);
}

/**
 * A process that trains, and draws now and then.
 * @param training phases of an update, of which the largest counts
 * @param drawing counts beside them where memory that was freed is not reused
 */
export function trainerMemory(
  standing: readonly Part[],
  training: readonly Phase[],
  drawing: Phase | null,
  workspace: Workspace,
): TrainerMemory {
  const phases = drawing === null ? training : [...training, drawing];
  const largestOf = (some: readonly Phase[]): Phase =>
    some.reduce((most, one) => (one.bytes > most.bytes ? one : most));
  const apart =
    !workspace.reusesFreed && drawing !== null ? [largestOf(training), drawing] : [largestOf(phases)];
  const shares = apart.map(({ name, bytes }) => ({ name: `largest phase: ${name}`, bytes }));
  return { ...processMemory([...standing, ...shares], workspace.learnerBytes, workspace), phases };
}
