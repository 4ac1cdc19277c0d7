// What a server says of a disk without room is told from its other refusals.
import { JetStreamApiError } from "@nats-io/jetstream";
import { expect, test } from "vitest";
import { BusError } from "./errors.js";
import { isStoreFull, orStoreFull } from "./store-full.js";

function says(code: number, description: string): JetStreamApiError {
  return new JetStreamApiError({ code: 500, err_code: code, description });
}

test("a server without room is recognised by its words, whatever it was asked", () => {
  const full = [
    says(10047, "insufficient storage resources available"),
    says(10049, "error creating store for stream"),
    says(10012, "error creating store for consumer"),
    says(10069, "write /store/streams/TASKS/meta.inf.tmp: no space left on device"),
  ];
  for (const error of full) {
    expect(isStoreFull(error)).toBe(true);
    expect(orStoreFull(error)).toMatchObject({
      code: "EASEL_BUS_STORE_FULL",
      retryable: false,
      message: expect.stringContaining(error.message),
    });
  }
});

test("a quota, a missing stream and errors of other kinds stay what they are", () => {
  const others = [
    says(10077, "maximum bytes exceeded"),
    says(10059, "stream not found"),
    new BusError("EASEL_BUS_STREAM_FULL", "full"),
    new Error("timeout"),
  ];
  for (const error of others) expect(orStoreFull(error)).toBe(error);
});
