// Positions are read from the reply subject in both of its forms.
import { expect, test } from "vitest";
import { parseAckSubject } from "./delivery.js";
import { compareVersions } from "./server-program.js";

const position = {
  stream: "TASKS",
  consumer: "rollout-a",
  deliveries: 2,
  streamSequence: 41,
  consumerSequence: 50,
};

test("both forms of reply subject give the same position", () => {
  const tail = "TASKS.rollout-a.2.41.50.1700000000000000000.3";
  expect(parseAckSubject(`$JS.ACK.${tail}`)).toEqual(position);
  expect(parseAckSubject(`$JS.ACK.hub.accounthash.${tail}.random`)).toEqual(position);
});

test.each(["", "_INBOX.x", "$JS.ACK.TASKS", "$JS.API.INFO", "$JS.ACK.S.c.x.y.z.1.2"])(
  "%j is no position",
  (reply) => {
    expect(parseAckSubject(reply)).toBeNull();
  },
);

test("versions are ordered by number, not by text", () => {
  expect(compareVersions("2.9.10", "2.12.0")).toBeLessThan(0);
  expect(compareVersions("2.12.0-preview.1", "2.12.0")).toBe(0);
  expect(compareVersions("3.0.0", "2.99.99")).toBeGreaterThan(0);
});
