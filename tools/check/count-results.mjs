// Sums vitest's JSON reports into the line "N passed, N failed". A stage that failed without a failed test counts as one,
// and so does a report that is not there; after --no-skips a skipped test counts as failed.
// Use: count-results.mjs <failed stages> <report>... [--no-skips <report>...]
import { existsSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

/**
 * @param {{ report: object | null, skipsFail: boolean }[]} results parsed reports, null where there is none.
 * @param {number} failedStages commands that ended with another status than 0.
 */
export function countResults(results, failedStages) {
  let passed = 0;
  let failed = 0;
  for (const { report, skipsFail } of results) {
    if (report === null) {
      failed += 1;
      continue;
    }
    const broken = (report.testResults ?? []).filter(
      (file) => file.status === "failed" && file.assertionResults.length === 0,
    );
    passed += report.numPassedTests;
    failed += report.numFailedTests + broken.length;
    if (skipsFail) failed += report.numPendingTests + (report.numTodoTests ?? 0);
  }
  if (failed === 0) failed = failedStages;
  return { passed, failed };
}

function main([stages, ...args]) {
  let skipsFail = false;
  const results = [];
  for (const arg of args) {
    if (arg === "--no-skips") skipsFail = true;
    else results.push({ report: existsSync(arg) ? JSON.parse(readFileSync(arg, "utf8")) : null, skipsFail });
  }
  const { passed, failed } = countResults(results, Number(stages));
  console.log(`${passed} passed, ${failed} failed`);
  return passed > 0 && failed === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  process.exitCode = main(process.argv.slice(2));
