// A marked picture is the same picture with another digest, and still a valid PNG.
import { sha256Hex } from "@easel/protocol";
import { blankImage, decodePng, encodePng } from "@easel/shapeworld";
import { expect, test } from "vitest";
import { markPng } from "./png-mark.js";

test("equal pictures of two attempts differ in their digest and not in their pixels", () => {
  const image = blankImage(64, 64, [10, 20, 30]);
  const png = encodePng(image);
  const marked = ["a/0/1", "a/0/2"].map((mark) => markPng(png, mark));
  expect(new Set([png, ...marked].map(sha256Hex)).size).toBe(3);
  for (const one of marked) expect(decodePng(one)).toEqual(image);
});

test("what is no PNG is refused by name", () => {
  expect(() => markPng(Uint8Array.of(1, 2, 3), "x")).toThrow(
    expect.objectContaining({ code: "EASEL_ROLLOUT_PICTURE" }),
  );
});
