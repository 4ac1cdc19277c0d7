// A full disk is recognised behind other errors, and told with the folder and the remedy.
import { expect, test } from "vitest";
import { diskFull, isDiskFull } from "./disk-full.js";

const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });

test("a full disk is found among the causes", () => {
  const wrapped = new Error("drawing failed", {
    cause: new Error("a picture was not stored", { cause: full }),
  });
  expect(isDiskFull(full)).toBe(true);
  expect(isDiskFull(wrapped)).toBe(true);
  expect(diskFull(wrapped, "runs/one")).toMatchObject({
    code: "EASEL_PROCESS_DISK_FULL",
    retryable: false,
    message: expect.stringMatching(/runs\/one is full.*easel train --resume runs\/one/),
  });
});

test("other errors stay what they are, also those that cause themselves", () => {
  const own = new Error("round");
  own.cause = own;
  for (const error of [own, new Error("other"), null, "ENOSPC"])
    expect(diskFull(error, "runs/one")).toBeNull();
});
