// Collects quantities and prints one line for each: the largest difference and its tolerance, or what is missing.
import { holds, worstOf } from "./difference.mjs";

/**
 * What came of one quantity.
 * @typedef {{ section: string, quantity: string, ok: boolean, line: string }} Outcome
 */

const number = (value) => (Number.isInteger(value) ? String(value) : value.toExponential(1));

/**
 * @param {(line: string) => void} write gets each line as soon as it is known
 */
export function createReport(write) {
  /** @type {Outcome[]} */
  const outcomes = [];

  function add(section, quantity, ok, figures, problems) {
    const head = `  ${ok ? "ok" : "NO"}  ${section.padEnd(10)} ${quantity.padEnd(58)} ${figures}`.trimEnd();
    const line = [head, ...problems.map((problem) => `        ${problem}`)].join("\n");
    outcomes.push({ section, quantity, ok, line });
    write(line);
  }

  return {
    outcomes,
    /** A quantity that could not be computed, with the reason. */
    fail: (section, quantity, reason) => add(section, quantity, false, "", [reason]),
    /**
     * A quantity from its comparisons, or from a function that makes them. What it throws, a missing tensor above all,
     * fails the quantity.
     */
    async quantity(section, quantity, comparisons) {
      let made;
      try {
        made = [await (typeof comparisons === "function" ? comparisons() : comparisons)].flat();
        if (made.length === 0) throw new Error("there is nothing to compare");
      } catch (error) {
        add(section, quantity, false, "", [error instanceof Error ? error.message : String(error)]);
        return;
      }
      const worst = worstOf(made);
      const wrong = made.filter((comparison) => !holds(comparison));
      const figures = `${number(worst.difference).padStart(7)}  of ${number(worst.tolerance)}`;
      const problems = wrong.map(
        ({ name, difference, detail }) =>
          `${name}${detail === undefined ? ` is off by ${number(difference)}` : `: ${detail}`}`,
      );
      add(section, quantity, wrong.length === 0, figures, problems);
    },
  };
}
