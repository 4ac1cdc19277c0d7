// One comparison of computed numbers with expected ones. Which comparisons make up a quantity is the sections' business.

/**
 * A comparison that was made: `difference` is the largest absolute one, `name` says of what.
 * @typedef {{ name: string, difference: number, tolerance: number, detail?: string }} Comparison
 */

const largestOf = (values) => {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest;
};

/**
 * Compares numbers entry by entry. Unequal lengths and values that are not finite are infinitely far apart.
 * @param {string} name of the expected tensor
 * @param {ArrayLike<number>} actual
 * @param {ArrayLike<number>} expected
 * @param {number | ((largest: number) => number)} tolerance or how it follows from the largest expected entry
 * @returns {Comparison}
 */
export function compare(name, actual, expected, tolerance) {
  const allowed = typeof tolerance === "number" ? tolerance : tolerance(largestOf(Array.from(expected)));
  if (actual.length !== expected.length) {
    const detail = `${actual.length} values where ${expected.length} are expected`;
    return { name, difference: Number.POSITIVE_INFINITY, tolerance: allowed, detail };
  }
  let difference = 0;
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(actual[i] - expected[i]);
    if (!Number.isFinite(distance)) {
      const detail = `entry ${i} is ${actual[i]}, expected ${expected[i]}`;
      return { name, difference: Number.POSITIVE_INFINITY, tolerance: allowed, detail };
    }
    difference = Math.max(difference, distance);
  }
  return { name, difference, tolerance: allowed };
}

/**
 * Compares values that must be equal, as JSON; the difference is the number of cases that are not.
 * @param {string} name
 * @param {readonly { of: string, actual: unknown, expected: unknown }[]} cases `of` names a case in messages
 * @returns {Comparison}
 */
export function compareEqual(name, cases) {
  const wrong = cases.filter(({ actual, expected }) => JSON.stringify(actual) !== JSON.stringify(expected));
  const base = {
    name,
    difference: cases.length === 0 ? Number.POSITIVE_INFINITY : wrong.length,
    tolerance: 0,
  };
  if (cases.length === 0) return { ...base, detail: "there is nothing to compare" };
  const [first] = wrong;
  if (first === undefined) return base;
  const shown = (value) => JSON.stringify(value)?.slice(0, 200);
  return {
    ...base,
    detail: `${first.of}: got ${shown(first.actual)}, expected ${shown(first.expected)}`,
  };
}

/** Whether a comparison holds. */
export const holds = ({ difference, tolerance }) => difference <= tolerance;

/** The comparison that is closest to its tolerance, or furthest beyond it. */
export function worstOf(comparisons) {
  const strain = ({ difference, tolerance }) =>
    difference === 0 ? 0 : tolerance === 0 ? Number.POSITIVE_INFINITY : difference / tolerance;
  return comparisons.reduce((worst, next) => (strain(next) > strain(worst) ? next : worst));
}
