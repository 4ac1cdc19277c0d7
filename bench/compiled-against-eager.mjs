// One supervised step of the shipped model's decoder (loss and all gradients), eager and compiled, on the same library
// in the same process. Variants alternate, so that a busy machine slows all of them alike; medians are compared.
import { jit, startEngine, tf, valueAndGrads } from "@easel/engine";
import { loadJanus, packedTensors, packSequences, sequenceLoss } from "@easel/janus";
import { isPolicyWeight } from "@easel/training";

const ROUNDS = 7;
const ROWS = 16;

function batchOf({ config, tokenizer }) {
  const row = {
    promptIds: tokenizer.encodePrompt("a red circle left of a blue square"),
    chainIds: tokenizer.encode(
      "A <|obj_start|>red circle<|obj_end|> <|box_start|>(125,250),(375,500)<|box_end|> left of a " +
        "<|obj_start|>blue square<|obj_end|> <|box_start|>(500,250),(750,500)<|box_end|><begin_of_image>",
    ),
    imageCodes: new Int32Array(config.image.tokens),
  };
  return packSequences({ rows: Array.from({ length: ROWS }, () => row), padId: tokenizer.ids.pad });
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

export async function run() {
  const engine = await startEngine();
  const model = await loadJanus("assets/janus-nano", { trainable: isPolicyWeight });
  const trained = Object.fromEntries(
    Object.entries(model.params.weights).filter(([name]) => isPolicyWeight(name)),
  );
  const packed = batchOf(model);
  const batch = packedTensors(packed);
  const step = (tensors) =>
    valueAndGrads(() => sequenceLoss(model.config, model.params, tensors).loss, trained);
  const variants = {
    eager: async () => tf.tidy(() => step(batch)),
    graph: jit(step, { name: "graph" }).async,
    "graph, bf16 products": jit(step, { name: "graph-bf16", matmul: "bf16" }).async,
    xla: jit(step, { name: "xla", compile: "xla" }).async,
  };
  const times = Object.fromEntries(Object.keys(variants).map((name) => [name, []]));
  for (let round = -2; round < ROUNDS; round++) {
    for (const [name, call] of Object.entries(variants)) {
      const started = performance.now();
      const { value, grads } = await call(batch);
      await value.data();
      if (round >= 0) times[name].push(performance.now() - started);
      tf.dispose([value, Object.values(grads)]);
    }
  }
  const eager = median(times.eager);
  console.log(
    `${engine.library} ${engine.version}, ${engine.threads} threads, ${ROWS} rows of ${packed.length} tokens`,
  );
  for (const [name, all] of Object.entries(times)) {
    const [middle, least, most] = [median(all), Math.min(...all), Math.max(...all)];
    console.log(
      `${name.padEnd(22)} ${middle.toFixed(0).padStart(5)} ms (${least.toFixed(0)} to ${most.toFixed(0)})   ${(eager / middle).toFixed(2)} x eager`,
    );
  }
}
