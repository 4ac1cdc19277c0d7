// Easel's side of one variant of one case, in a process of its own. Speaks lines of JSON behind a mark on standard
// output; takes "slice N" and "end" on standard input.
import { createInterface } from "node:readline";
import { startEngine } from "@easel/engine";
import { watchEventLoop } from "./event-loop-gaps.mjs";
import { say } from "./messages.mjs";
import { forgetPeak, peakMemory } from "./step-memory.mjs";

const workloads = {
  train_step: () => import("./train-step.mjs"),
  lora_step: () => import("./lora-step.mjs"),
  log_probs: () => import("./log-probs.mjs"),
  sampling: () => import("./sampling.mjs"),
  vq_decoder: () => import("./vq-decoder.mjs"),
  load_checkpoint: () => import("./load-checkpoint.mjs"),
  many_calls: () => import("./many-calls.mjs"),
};

async function timed(once) {
  const started = performance.now();
  await once();
  return performance.now() - started;
}

const job = JSON.parse(process.argv[2]);
const engine = await startEngine({ threads: job.threads });
say({ started: { library: `Easel on ${engine.library} ${engine.version}` } });
const { prepare } = await workloads[job.workload]();
const { once, check, explain } = await prepare(job);
say({ loaded: {} });
if (job.memoryOf === "step") forgetPeak();
const firstMs = await timed(once);
for (let call = 0; call < job.warmUps; call++) await once();
say({ ready: { firstMs, check: check(), explain: explain?.() ?? null } });

const eventLoop = watchEventLoop();
for await (const line of createInterface({ input: process.stdin })) {
  const [word, count] = line.split(" ");
  if (word === "end") break;
  const ms = [];
  const before = process.cpuUsage();
  eventLoop.start();
  for (let call = 0; call < Number(count); call++) ms.push(await timed(once));
  eventLoop.stop();
  const { user, system } = process.cpuUsage(before);
  say({ slice: { ms, cpuMs: (user + system) / 1000 } });
}
// maxRSS is in kilobytes on every system that Node.js runs on.
const peakBytes = job.memoryOf === "step" ? peakMemory() : process.resourceUsage().maxRSS * 1024;
say({ ended: { peakBytes, eventLoop: eventLoop.end() } });
process.exit(0);
