// The rollout worker process with the simulated policy.
import { rolloutProcess } from "@easel/rollout-worker";
import { simulatedRolloutPolicy } from "@easel/testkit";
import { folderOf, killer, latencyMs } from "./knobs.mjs";

const argv = process.argv.slice(2);
const kill = killer(folderOf(argv));
process.exit(
  await rolloutProcess({
    argv,
    env: process.env,
    compute: async () => ({
      policy: simulatedRolloutPolicy({ latencyMs, before: () => kill("generate") }),
      engine: "simulated",
    }),
  }),
);
