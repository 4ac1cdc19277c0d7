// `npm run bench [-- name]`: runs one benchmark, or lists them. Each prints ratios measured within one run.
const benchmarks = {
  compiled: () => import("./compiled-against-eager.mjs"),
};

const [name, ...args] = process.argv.slice(2);
const load = benchmarks[name];
if (load === undefined) {
  console.log(
    `npm run bench -- NAME\n\n  compiled   a training step traced and compiled, against the same step in eager TensorFlow.js`,
  );
  process.exitCode = name === undefined ? 0 : 1;
} else {
  const { run } = await load();
  await run(args);
}
