// Tables that plans of both kinds print: weights by part, memory by part, and the verdict about a card.
import type { Parameters, ProcessMemory, RunPlan, TrainerMemory } from "@easel/plan";
import { type TextRow, textTable } from "@easel/runs";
import { bytesText, countText } from "./quantities.js";

const indented = (rows: readonly TextRow[], by = "  "): string => textTable(rows).replace(/^(?=.)/gm, by);

/** Numbers of weights by part of the model. */
export function weightsTable(p: Parameters, trained: RunPlan["trained"], isAdapter: boolean): string {
  const rows: (readonly string[])[] = [
    ["embedding", countText(p.embedding)],
    ["decoder blocks", countText(p.blocks)],
    ["text head", countText(p.textHead)],
    ["image embedding, aligner and head", countText(p.image)],
    ["picture decoder", countText(p.vqDecoder)],
    ["picture encoder", countText(p.vqEncoder)],
    [isAdapter ? "adapter (trained)" : "trained", countText(trained.moving)],
  ];
  return indented(rows);
}

/** Memory of a process by part. */
export function memoryTable({ parts, bytes }: ProcessMemory, by?: string): string {
  const rows = parts.map(({ name, bytes: size }) => [name, bytesText(size)]);
  return indented(rows.length > 1 ? [...rows, ["together", bytesText(bytes)]] : rows, by);
}

/** The same with the parts of its phases below. */
export function trainerTable(trainer: TrainerMemory): string {
  const phases = trainer.phases.map((phase) => `  ${phase.name}\n${memoryTable(phase, "    ")}`);
  return memoryTable(trainer) + phases.join("");
}

/** A verdict in a word. */
export const verdictText = (isFitting: boolean): string => (isFitting ? "fits" : "DOES NOT FIT");
