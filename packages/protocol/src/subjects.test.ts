// Subjects address exactly one thing, and nothing in a name can widen or move them.
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseResultSubject, subjects } from "./subjects.js";

const group = `0000000001-${"a".repeat(24)}`;

test("result subjects are read back into their parts", () => {
  fc.assert(
    fc.property(fc.nat(), fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,20}$/), (slice, name) => {
      expect(parseResultSubject(subjects.trajectory(name, group, slice))).toEqual({
        run: name,
        group,
        slice,
        reward: null,
      });
      expect(parseResultSubject(subjects.score("r", group, slice, name))).toEqual({
        run: "r",
        group,
        slice,
        reward: name,
      });
    }),
  );
  for (const other of ["task.r.rollout.x", "traj.r.g", "traj.r.g.x", "score.r.g.0", "score.r.g.0.pi.more"]) {
    expect(parseResultSubject(other)).toBeNull();
  }
});

test.each(["a.b", "*", ">", "", "A", "a b", "-a", "x".repeat(49)])("the name %j is refused", (name) => {
  expect(() => subjects.trajectories(name)).toThrow(
    expect.objectContaining({ code: "EASEL_PROTOCOL_BAD_NAME" }),
  );
  expect(() => subjects.score("r", group, 0, name)).toThrow(/cannot be part of a subject/);
});

test("what is no group id or slice number is refused", () => {
  expect(() => subjects.trajectory("r", "g.*", 0)).toThrow(/group id/);
  expect(() => subjects.trajectory("r", group, -1)).toThrow(/whole number/);
  expect(() => subjects.trajectory("r", group, 1.5)).toThrow(/whole number/);
});
