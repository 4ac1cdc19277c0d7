// Section "lora": a PEFT adapter beside the weights and merged into them, and the gradients of its matrices.
import {
  adapterVariables,
  disposeAdapter,
  mergeAdapter,
  readPeftAdapter,
  tf,
  unmergeAdapter,
  valueAndGrads,
} from "@easel/engine";
import {
  decoderForward,
  imageEmbedding,
  imageLogits,
  packedTensors,
  packSequences,
  sequenceLoss,
  textEmbedding,
  textLogits,
  tokenLogProbs,
} from "@easel/janus";
import { compare, compareEqual } from "../difference.mjs";
import * as tolerances from "../tolerances.mjs";
import { mixedRow, shorterRow } from "./mixed-row.mjs";

const file = "expected/lora.safetensors";
const mergedPrefix = "merged.weight.";

/** The stored name of a merged weight, from the short one in the file. */
const weightName = (name) => `language_model.model.${name.slice(mergedPrefix.length)}.weight`;

/** Text logits `[length, vocabulary]` of the first text row. */
function firstRowLogits(config, params, forward) {
  const [, length = 0] = forward.shape("text.ids");
  const ids = tf.tensor2d(forward.ints("text.ids").slice(0, length), [1, length], "int32");
  return tf.squeeze(
    textLogits(params, decoderForward(config.language, params, textEmbedding(params, ids))),
    [0],
  );
}

/** Image logits of the mixed sequence. */
function mixedImageLogits(config, params, row) {
  const prefix = [...row.promptIds, ...row.chainIds];
  const text = textEmbedding(params, tf.tensor2d([prefix], undefined, "int32"));
  const image = imageEmbedding(config, params, tf.tensor2d([row.imageCodes], undefined, "int32"));
  const hidden = tf.squeeze(decoderForward(config.language, params, tf.concat([text, image], 1)), [0]);
  return imageLogits(params, tf.slice(hidden, [prefix.length - 1, 0], [row.imageCodes.length, -1]));
}

/** Merged weights and the logits they give. */
async function mergedWeights({ config, params }, adapter, forward, lora, add) {
  await add("merged weights", () => {
    const merged = mergeAdapter(params, adapter);
    const names = lora.names.filter((name) => name.startsWith(mergedPrefix));
    const found = names.map((name) =>
      compare(
        lora.label(name),
        merged.weights[weightName(name)]?.dataSync() ?? [],
        lora.floats(name),
        tolerances.operation,
      ),
    );
    const back = unmergeAdapter(merged, adapter);
    const restored = Object.keys(adapter.pairs).map((path) => {
      const name = `${path}.weight`;
      const [actual, original] = [back.weights[name], params.weights[name]];
      const unmerged = compare(
        `${name}, unmerged`,
        actual.dataSync(),
        original.dataSync(),
        tolerances.operation,
      );
      tf.dispose([actual, merged.weights[name]]);
      return unmerged;
    });
    return [...found, ...restored];
  });
  await add("text logits after merging", () => {
    const merged = mergeAdapter(params, adapter);
    const [last = 0] = lora.shape("merged.text.logits");
    const logits = firstRowLogits(config, merged, forward);
    const actual = tf.slice(logits, [logits.shape[0] - last, 0], [last, -1]).dataSync();
    tf.dispose(Object.keys(adapter.pairs).map((path) => merged.weights[`${path}.weight`]));
    return compare(
      lora.label("merged.text.logits"),
      actual,
      lora.floats("merged.text.logits"),
      tolerances.logits,
    );
  });
}

export const adapters = {
  name: "lora",
  about: "an adapter beside the weights and merged, its gradients",
  reads: [file],
  async run({ reference, report, constant, model }) {
    const { config, params, tokenizer } = model;
    const forward = await reference.tensors("expected/forward.safetensors");
    const lora = await reference.tensors(file);
    const adapter = await readPeftAdapter(reference.path("lora"));
    const adapted = { weights: params.weights, adapters: [adapter] };
    const row = mixedRow(forward);
    const add = (quantity, comparisons) =>
      report.quantity("lora", quantity, () => tf.tidy(() => comparisons()));
    const against = (name, actual, tolerance) =>
      compare(lora.label(name), actual, lora.floats(name), tolerance);

    await add("rank and alpha", () =>
      compareEqual("lora/adapter_config.json", [
        { of: "rank", actual: adapter.rank, expected: constant("lora_r") },
        { of: "alpha", actual: adapter.alpha, expected: constant("lora_alpha") },
      ]),
    );
    await add("text logits with the adapter", () =>
      against("text.logits", firstRowLogits(config, adapted, forward).dataSync(), tolerances.logits),
    );
    await add("image logits with the adapter", () =>
      against("mixed.image_logits", mixedImageLogits(config, adapted, row).dataSync(), tolerances.logits),
    );
    await add("log-probs with the adapter, in a ragged batch", () => {
      const packed = packSequences({ rows: [row, shorterRow(row)], padId: tokenizer.ids.pad });
      const { text, image } = tokenLogProbs(config, adapted, packedTensors(packed));
      return [
        against("mixed.chain_logprobs", text.dataSync().slice(0, row.chainIds.length), tolerances.logits),
        against("mixed.image_logprobs", image.dataSync().slice(0, row.imageCodes.length), tolerances.logits),
      ];
    });
    await mergedWeights(model, adapter, forward, lora, add);

    const { value, grads } = tf.tidy(() => {
      const batch = packedTensors(packSequences({ rows: [row], padId: tokenizer.ids.pad }));
      return valueAndGrads(() => sequenceLoss(config, adapted, batch).loss, adapterVariables(adapter));
    });
    await add("mean loss with the adapter", () => against("nll", value.dataSync(), tolerances.loss));
    const names = lora.names.filter((name) => name.startsWith("grad."));
    await add(`gradients of ${names.length} adapter matrices`, () =>
      names.map((name) => {
        const path = /^grad\.base_model\.model\.(.+)\.weight$/.exec(name)?.[1] ?? name;
        return against(name, grads[path]?.dataSync() ?? [], tolerances.gradient);
      }),
    );
    tf.dispose([value, grads]);
    disposeAdapter(adapter);
  },
};
