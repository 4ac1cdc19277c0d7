// The reward worker process with the simulated judge.
import { rewardProcess } from "@easel/reward-worker";
import { simulatedJudge } from "@easel/testkit";
import { folderOf, killer, notePid } from "./knobs.mjs";

const argv = process.argv.slice(2);
notePid(folderOf(argv));
const kill = killer(folderOf(argv));
process.exit(
  await rewardProcess({
    argv,
    env: process.env,
    judge: () => simulatedJudge({ before: () => kill("judge") }),
  }),
);
