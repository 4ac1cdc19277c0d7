// The learner process with the simulated policy.
import { learnerProcess } from "@easel/learner";
import { simulatedPolicyLearner } from "@easel/testkit";
import { complaisant, withoutMoments } from "./faults.mjs";
import { folderOf, killer, latencyMs, notePid, without } from "./knobs.mjs";

const argv = process.argv.slice(2);
notePid(folderOf(argv));
const policy = simulatedPolicyLearner({ latencyMs });
process.exit(
  await learnerProcess({
    argv,
    env: process.env,
    compute: async () => ({
      policy: without("moments") ? withoutMoments(policy) : policy,
      baseDigest: null,
      engine: "simulated",
      evaluateDev: async (step) => ({ total: step / 100 }),
    }),
    ...(without("authority") ? { authority: complaisant } : {}),
    probe: killer(folderOf(argv)),
  }),
);
