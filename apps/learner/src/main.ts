#!/usr/bin/env node
// The learner process with the real policy.
import { learnerProcess } from "./learner-process.js";
import { tensorCompute } from "./tensor-compute.js";

process.exit(await learnerProcess({ argv: process.argv.slice(2), env: process.env, compute: tensorCompute }));
