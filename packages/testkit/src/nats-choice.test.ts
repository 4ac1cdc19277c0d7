// What the environment says about servers is taken or refused by name.
import { expect, test } from "vitest";
import { chosenImage, chosenProvider } from "./nats-choice.js";

test("servers are local processes unless containers are asked for", () => {
  expect(chosenProvider({})).toBe("process");
  expect(chosenProvider({ EASEL_TEST_NATS: "container" })).toBe("container");
  expect(chosenImage({ EASEL_TEST_NATS_IMAGE: "nats:any" })).toBe("nats:any");
});

test("another provider, or a container without an image, is refused with the variable's name", () => {
  expect(() => chosenProvider({ EASEL_TEST_NATS: "vm" })).toThrow(/EASEL_TEST_NATS is "vm"/);
  expect(() => chosenImage({})).toThrow(/EASEL_TEST_NATS_IMAGE/);
});
