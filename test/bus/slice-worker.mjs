// A minimal rollout worker as a process of its own: leases one task, dawdles, publishes its slices, acknowledges. It says what it
// does on standard output, so that a test can stop it at a chosen point.
// Usage: node slice-worker.mjs <server url> <run> <attempt> <milliseconds before publishing>
import { connectBus, findTrajectory, openTaskQueue, publishTrajectory } from "@easel/bus";
import { sampleTrajectory } from "@easel/testkit";

const [url, run, attempt, dawdleMs] = process.argv.slice(2);
const bus = await connectBus({ servers: url, name: attempt });
const queue = openTaskQueue(bus, { run });
console.log("waiting");
for (let working = true; working; ) {
  const [leased] = await queue.pull(1, 500);
  if (leased === undefined) continue;
  working = false;
  console.log("leased");
  await new Promise((resolve) => setTimeout(resolve, Number(dawdleMs)));
  for (const { slice } of leased.message.slices) {
    if ((await findTrajectory(bus, run, leased.message.group, slice)) !== null) {
      console.log(`slice ${slice} there`);
      continue;
    }
    const { outcome } = await publishTrajectory(bus, sampleTrajectory(leased.message, slice, attempt));
    console.log(`slice ${slice} ${outcome}`);
    await new Promise((resolve) => setTimeout(resolve, Number(dawdleMs)));
  }
  await leased.ack();
  console.log("done");
}
await bus.close();
