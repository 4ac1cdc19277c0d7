#!/usr/bin/env node
// The reward worker process with the judge of the shape world.
import { shapeworldJudge } from "@easel/rewards";
import { rewardProcess } from "./reward-process.js";

process.exit(
  await rewardProcess({
    argv: process.argv.slice(2),
    env: process.env,
    judge: ({ config }) => shapeworldJudge(config.rewards.names),
  }),
);
