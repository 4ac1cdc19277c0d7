// `npm run bench -- engine`: Easel's engine and model code beside PyTorch.
import { runBenchmark } from "./benchmark.mjs";
import { casesIn } from "./cases.mjs";

/** @param args the words after `engine`. */
export const run = (args) => runBenchmark({ name: "engine", casesIn }, args);
