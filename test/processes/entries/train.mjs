// `easel train` with the simulated processes.
import { trainCommand } from "@easel/cli";

const flags = JSON.parse(process.argv[2] ?? "{}");
const entry = (name) => new URL(`./${name}.mjs`, import.meta.url).pathname;
process.exit(
  await trainCommand(
    { set: [], ...flags },
    { learner: entry("learner"), rollout: entry("rollout"), reward: entry("reward") },
  ),
);
