// `npm run bench -- janus`: the shipped model in Easel beside the same checkpoint, exported, in transformers' Janus class.
import { runBenchmark } from "../engine/benchmark.mjs";
import { casesIn } from "./cases.mjs";

/** @param args the words after `janus`. */
export const run = (args) => runBenchmark({ name: "janus", casesIn }, args);
