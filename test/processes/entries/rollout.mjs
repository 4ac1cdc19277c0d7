// The rollout worker process with the simulated policy.
import { rolloutProcess } from "@easel/rollout-worker";
import { simulatedRolloutPolicy } from "@easel/testkit";
import { folderOf, hold, killer, latencyMs, notePid } from "./knobs.mjs";

const argv = process.argv.slice(2);
const folder = folderOf(argv);
notePid(folder);
const kill = killer(folder);
process.exit(
  await rolloutProcess({
    argv,
    env: process.env,
    compute: async () => ({
      policy: simulatedRolloutPolicy({
        latencyMs,
        before: async () => {
          await kill("generate");
          await hold(folder);
        },
      }),
      engine: "simulated",
    }),
  }),
);
