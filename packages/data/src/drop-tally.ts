// Counts what was left out, by reason and with the first places, so that nothing is lost silently.

/** How often a reason applied, and the first rows it applied to. */
export type DropCount = { readonly count: number; readonly first: readonly string[] };

/** Reasons in alphabetical order, for reports that are equal when the inputs are. */
export type DropCounts = Readonly<Record<string, DropCount>>;

const PLACES_KEPT = 5;

/** A count of what was left out. */
export class DropTally {
  readonly #counts = new Map<string, { count: number; readonly first: string[] }>();

  /** @param place where it was, e.g. `train.jsonl:12` */
  add(reason: string, place: string): void {
    const entry = this.#counts.get(reason) ?? { count: 0, first: [] };
    entry.count += 1;
    if (entry.first.length < PLACES_KEPT) entry.first.push(place);
    this.#counts.set(reason, entry);
  }

  /** All reasons together. */
  get total(): number {
    return [...this.#counts.values()].reduce((sum, { count }) => sum + count, 0);
  }

  /** The counts so far. */
  counts(): DropCounts {
    const sorted = [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(
      sorted.map(([reason, { count, first }]) => [reason, { count, first: [...first] }]),
    );
  }

  /** `3 no-object, 1 duplicate-id`, the commonest first; for messages. */
  summary(): string {
    const sorted = [...this.#counts].sort(([, a], [, b]) => b.count - a.count);
    return sorted.map(([reason, { count }]) => `${count} ${reason}`).join(", ");
  }
}
