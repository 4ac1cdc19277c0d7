// `npm run bench [-- name]`: runs one benchmark, or lists them. Each prints ratios measured within one run.
const benchmarks = {
  compiled: {
    load: () => import("./compiled-against-eager.mjs"),
    about: "a training step traced and compiled, against the same step in eager TensorFlow.js",
  },
  engine: {
    load: () => import("./engine/main.mjs"),
    about:
      "training, decoding, log-probs, pictures, loading and memory, beside PyTorch; --help has its options",
  },
  janus: {
    load: () => import("./janus/main.mjs"),
    about:
      "guided pictures and training steps, beside the Janus class of transformers; --help has its options",
  },
};

const [name, ...args] = process.argv.slice(2);
const chosen = benchmarks[name];
if (chosen === undefined) {
  const lines = Object.entries(benchmarks).map(([known, { about }]) => `  ${known.padEnd(10)} ${about}`);
  console.log(["npm run bench -- NAME", "", ...lines].join("\n"));
  process.exitCode = name === undefined ? 0 : 1;
} else {
  const { run } = await chosen.load();
  try {
    await run(args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
