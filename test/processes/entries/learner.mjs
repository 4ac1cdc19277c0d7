// The learner process with the simulated policy.
import { learnerProcess } from "@easel/learner";
import { simulatedPolicyLearner } from "@easel/testkit";
import { folderOf, killer, latencyMs, notePid } from "./knobs.mjs";

const argv = process.argv.slice(2);
notePid(folderOf(argv));
process.exit(
  await learnerProcess({
    argv,
    env: process.env,
    compute: async () => ({
      policy: simulatedPolicyLearner({ latencyMs }),
      baseDigest: null,
      engine: "simulated",
      evaluateDev: async (step) => ({ total: step / 100 }),
    }),
    probe: killer(folderOf(argv)),
  }),
);
