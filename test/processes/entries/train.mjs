// `easel train` with the simulated processes.
import { trainCommand } from "@easel/cli";
import { without } from "./knobs.mjs";

const flags = JSON.parse(process.argv[2] ?? "{}");
const entry = (name) => new URL(`./${name}.mjs`, import.meta.url).pathname;
process.exit(
  await trainCommand(
    { set: [], ...flags },
    {
      entries: { learner: entry("learner"), rollout: entry("rollout"), reward: entry("reward") },
      check: async () => {},
      // What would be measured is in the simulated policy; the fates are real.
      conclude: async ({ say, fates }) => say(`fates ${JSON.stringify(fates)}`),
      ...(without("stop-signals") ? { onStopSignal: () => () => {} } : {}),
    },
  ),
);
