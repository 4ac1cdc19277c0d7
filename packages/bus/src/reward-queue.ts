// The queue of one reward: every trajectory of a run, through the durable consumer that all workers of that reward share.
// It reads RESULTS without removing anything; the learner reads the same messages by its own cursor.
import { parseResultSubject } from "@easel/protocol";
import type { Bus } from "./connect.js";
import { buryLetter } from "./dead-letters.js";
import { LeasedQueue } from "./leased-queue.js";
import { streamNames } from "./stream-definitions.js";
import { rewardConsumer } from "./topology.js";

/** The reward worker's side: `pull(max, waitMs)` gives leased trajectories. */
export function openRewardQueue(
  bus: Bus,
  options: { readonly run: string; readonly reward: string; readonly firstDeadlineMs?: number },
): LeasedQueue<"trajectory"> {
  const { run, reward, ...rest } = options;
  return new LeasedQueue({
    ...rest,
    bus,
    stream: streamNames.results,
    consumer: rewardConsumer(run, reward),
    type: "trajectory",
    bury: async (delivery, _trajectory, reason) => {
      const address = parseResultSubject(delivery.subject);
      if (address === null) return;
      await buryLetter(bus, {
        run,
        group: address.group,
        stage: "score",
        slice: address.slice,
        reward,
        reason,
        deliveries: delivery.position.deliveries,
        atMs: bus.clock.wallMs(),
      });
    },
  });
}
