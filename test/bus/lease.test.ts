// The lease by the clock alone: when it renews, when it stops, and what it says when it was late. No server is needed.
import { type BusError, type BusNotice, Lease } from "@easel/bus";
import { ManualClock } from "@easel/testkit";
import { expect, test } from "vitest";

function leaseUnderTest(firstDeadlineMs = 60_000) {
  const clock = new ManualClock();
  const notices: BusNotice[] = [];
  const renewals: number[] = [];
  let linkIsUp = true;
  const lease = new Lease({
    clock,
    observe: (notice) => notices.push(notice),
    what: "task 1",
    ackWaitMs: 3_000,
    firstDeadlineMs,
    renew: async () => {
      renewals.push(clock.nowMs());
      if (!linkIsUp) await new Promise(() => {});
    },
  });
  return {
    clock,
    lease,
    renewals,
    names: () => notices.map(({ name }) => name),
    cutLink: () => {
      linkIsUp = false;
    },
    reason: () => (lease.signal.reason as BusError | undefined)?.code,
  };
}

test("it renews at a third of the acknowledgement wait", async () => {
  const { clock, renewals, lease } = leaseUnderTest();
  await clock.advance(5_000);
  expect(renewals).toEqual([1_000, 2_000, 3_000, 4_000, 5_000]);
  lease.release();
  await clock.advance(5_000);
  expect(renewals).toHaveLength(5);
});

test("a lease whose renewals do not get through is lost after the acknowledgement wait", async () => {
  const { clock, lease, cutLink, reason, names } = leaseUnderTest();
  await clock.advance(1_000);
  cutLink();
  await clock.advance(3_000);
  expect(lease.signal.aborted).toBe(false);
  await clock.advance(1_000);
  expect(reason()).toBe("EASEL_BUS_LEASE_LOST");
  expect(names()).toEqual(["lease_lost"]);
});

test("a call in flight past its deadline is not renewed for ever", async () => {
  const { clock, lease, renewals, reason } = leaseUnderTest(1_500);
  await clock.advance(1_000);
  lease.inFlightFor(2_500);
  await clock.advance(2_500);
  expect(lease.signal.aborted).toBe(false);
  await clock.advance(1_000);
  expect(reason()).toBe("EASEL_BUS_LEASE_DEADLINE");
  const count = renewals.length;
  await clock.advance(10_000);
  expect(renewals).toHaveLength(count);
});

test("a heartbeat that comes late is an alarm; one that comes too late loses the lease", async () => {
  const late = leaseUnderTest();
  await late.clock.freeze(2_500);
  expect(late.names()).toEqual(["lease_heartbeat_late"]);
  expect(late.lease.signal.aborted).toBe(false);
  const tooLate = leaseUnderTest();
  await tooLate.clock.freeze(9_000);
  expect(tooLate.names()).toEqual(["lease_heartbeat_late", "lease_lost"]);
  expect(tooLate.reason()).toBe("EASEL_BUS_LEASE_LOST");
});
