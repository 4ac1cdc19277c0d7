#!/usr/bin/env node
// The rollout worker process with the real policy.
import { rolloutProcess } from "./rollout-process.js";
import { tensorCompute } from "./tensor-compute.js";

process.exit(await rolloutProcess({ argv: process.argv.slice(2), env: process.env, compute: tensorCompute }));
