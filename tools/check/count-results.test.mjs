// The last line of a continuous-integration run tells the truth also when a stage breaks before its tests.
import { expect, test } from "vitest";
import { countResults } from "./count-results.mjs";

const report = (parts) => ({
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 0,
  testResults: [],
  ...parts,
});

test("reports are summed", () => {
  const results = [
    { report: report({}), skipsFail: false },
    { report: report({ numFailedTests: 2 }), skipsFail: false },
  ];
  expect(countResults(results, 1)).toEqual({ passed: 6, failed: 2 });
});

test("a skipped test counts as failed only where it had to run", () => {
  expect(countResults([{ report: report({ numPendingTests: 1 }), skipsFail: false }], 0).failed).toBe(0);
  expect(countResults([{ report: report({ numPendingTests: 1 }), skipsFail: true }], 0).failed).toBe(1);
});

test("a stage that fails without a failed test, a missing report, and a file that does not load count", () => {
  expect(countResults([{ report: report({}), skipsFail: false }], 1).failed).toBe(1);
  expect(countResults([{ report: null, skipsFail: false }], 1)).toEqual({ passed: 0, failed: 1 });
  const testResults = [{ status: "failed", assertionResults: [] }];
  expect(countResults([{ report: report({ testResults }), skipsFail: false }], 1).failed).toBe(1);
});
