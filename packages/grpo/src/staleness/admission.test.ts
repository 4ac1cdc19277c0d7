import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { admissionCapacity } from "./admission-capacity.js";
import { type AdmissionCounters, countAdmission } from "./admission-counters.js";
import { groupLag, isFreshEnough } from "./group-lag.js";

describe("admission", () => {
  test("on-policy with empty hands admits exactly one batch", () => {
    const state = { concurrency: 100, running: 0, maxStaleness: 0, version: 0, batchGroups: 8, accepted: 0 };
    expect(admissionCapacity(state)).toBe(8);
    expect(admissionCapacity({ ...state, running: 8 })).toBe(0);
    expect(admissionCapacity({ ...state, version: 1, accepted: 8 })).toBe(8);
  });

  test("never exceeds the concurrency, and never goes below 0 after a restore", () => {
    const state = { concurrency: 4, running: 1, maxStaleness: 2, version: 3, batchGroups: 8, accepted: 0 };
    expect(admissionCapacity(state)).toBe(3);
    expect(admissionCapacity({ ...state, accepted: 1000 })).toBe(0);
  });

  // Groups are trained in the order of arrival; any interleaving of work, drops and steps may happen.
  const moves = fc.array(fc.constantFrom("issue", "arrive", "step", "dropRunning", "dropWaiting"), {
    maxLength: 200,
  });

  test("no group is ever trained staler than allowed, whatever the interleaving", () => {
    fc.assert(
      fc.property(
        moves,
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        (script, eta, batch) => {
          let counters: AdmissionCounters = { running: 0, accepted: 0 };
          let version = 0;
          const running: number[] = [];
          const waiting: number[] = [];
          for (const move of script) {
            if (move === "issue") {
              const limits = { concurrency: 6, maxStaleness: eta, version, batchGroups: batch };
              if (admissionCapacity({ ...limits, ...counters }) === 0) continue;
              running.push(version);
              counters = countAdmission(counters, "issued");
            } else if (move === "arrive" && running.length > 0) {
              waiting.push(running.shift()!);
              counters = countAdmission(counters, "arrived");
            } else if (move === "dropRunning" && running.length > 0) {
              running.pop();
              counters = countAdmission(counters, "dropped-running");
            } else if (move === "dropWaiting" && waiting.length > 0) {
              waiting.pop();
              counters = countAdmission(counters, "dropped-waiting");
            } else if (move === "step" && waiting.length >= batch) {
              for (const sampled of waiting.splice(0, batch))
                expect(version - sampled).toBeLessThanOrEqual(eta);
              version++;
            }
          }
        },
      ),
    );
  });

  test("dropped groups give their slots back: a run of filtered groups does not deadlock", () => {
    const limits = { concurrency: 4, maxStaleness: 0, version: 0, batchGroups: 2 };
    let counters: AdmissionCounters = { running: 0, accepted: 0 };
    for (let i = 0; i < 50; i++) {
      expect(admissionCapacity({ ...limits, ...counters })).toBeGreaterThan(0);
      for (const event of ["issued", "arrived", "dropped-waiting"] as const) {
        counters = countAdmission(counters, event);
      }
    }
  });

  test("an event counted twice and a counter that is no count are refused", () => {
    expect(() => countAdmission({ running: 0, accepted: 0 }, "arrived")).toThrow(/counted twice/);
    expect(() =>
      admissionCapacity({
        concurrency: 1.5,
        running: 0,
        maxStaleness: 0,
        version: 0,
        batchGroups: 1,
        accepted: 0,
      }),
    ).toThrow(/concurrency is 1.5/);
  });
});

test("a group is as old as its oldest token", () => {
  expect(groupLag([7, 5, 6], 8)).toBe(3);
  expect(isFreshEnough([7, 5, 6], 8, 2)).toBe(false);
  expect(isFreshEnough([8], 8, 0)).toBe(true);
});
