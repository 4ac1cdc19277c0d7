// Section "forward": states after every layer, logits of both heads, log-probs and guidance, for both layouts of the weights.
import { tf } from "@easel/engine";
import {
  decoderForward,
  imageEmbedding,
  imageLogits,
  mixGuidance,
  packedTensors,
  packSequences,
  textEmbedding,
  textLogits,
  tokenLogProbs,
} from "@easel/janus";
import { targetLogProbs } from "@easel/janus/pieces";
import { compare, compareEqual } from "../difference.mjs";
import * as tolerances from "../tolerances.mjs";
import { mixedRow, shorterRow } from "./mixed-row.mjs";

const file = "expected/forward.safetensors";

/** Text rows alone: embeddings, states, logits, log-probs at two temperatures. */
async function textRows({ config, params }, forward, add) {
  const [rows = 0, length = 0] = forward.shape("text.ids");
  const ids = tf.tensor2d(forward.ints("text.ids"), [rows, length], "int32");
  const embedded = textEmbedding(params, ids);
  const residuals = [];
  const final = decoderForward(config.language, params, embedded, {
    observe: (_layer, residual) => residuals.push(residual.clone()),
  });
  const against = (name, actual, tolerance) => () =>
    compare(forward.label(name), actual.dataSync(), forward.floats(name), tolerance);
  await add("text embeddings", against("text.embed", embedded, tolerances.states));
  for (const [layer, residual] of residuals.entries()) {
    await add(
      `hidden states after layer ${layer}`,
      against(`text.hidden.layer${layer}`, residual, tolerances.states),
    );
  }
  await add("hidden states after the last norm", against("text.hidden.final", final, tolerances.states));
  const logits = textLogits(params, final);
  await add("text logits", against("text.logits", logits, tolerances.logits));
  const predicting = tf.reshape(tf.slice(logits, [0, 0, 0], [rows, length - 1, -1]), [
    rows * (length - 1),
    -1,
  ]);
  const targets = tf.reshape(tf.slice(ids, [0, 1], [rows, length - 1]), [-1]);
  for (const name of forward.names.filter((each) => /^text\.logprobs(_T[\d.]+)?$/.test(each))) {
    const temperature = Number(/_T([\d.]+)$/.exec(name)?.[1] ?? 1);
    const { logProbs } = targetLogProbs(predicting, targets, temperature);
    await add(`text log-probs at temperature ${temperature}`, against(name, logProbs, tolerances.logits));
  }
}

/** Image codes as inputs, aligned as a whole table and one by one. */
async function imageInputs({ config, params }, forward, add) {
  const [rows = 0, length = 0] = forward.shape("image.ids");
  const ids = tf.tensor2d(forward.ints("image.ids"), [rows, length], "int32");
  const expected = forward.floats("image.embed");
  const few = Math.min(length, config.image.codes - 1);
  const parts = { "through the whole table": ids, "one by one": tf.slice(ids, [0, 0], [1, few]) };
  for (const [how, part] of Object.entries(parts)) {
    await add(`image embeddings, ${how}`, () => {
      const actual = imageEmbedding(config, params, part).dataSync();
      const wanted = expected.slice(0, actual.length);
      return compare(forward.label("image.embed"), actual, wanted, tolerances.states);
    });
  }
}

/** The mixed sequence: states, logits of both heads, and guidance on logits. */
async function mixedSequence({ config, params }, pad, forward, add) {
  const { promptIds, chainIds, imageCodes } = mixedRow(forward);
  const prefix = [...promptIds, ...chainIds];
  const statesOf = (ids) => {
    const text = textEmbedding(params, tf.tensor2d([ids], undefined, "int32"));
    const image = imageEmbedding(config, params, tf.tensor2d([imageCodes], undefined, "int32"));
    const final = decoderForward(config.language, params, tf.concat([text, image], 1));
    return tf.squeeze(final, [0]);
  };
  const against = (name, actual, tolerance) => () =>
    compare(forward.label(name), actual.dataSync(), forward.floats(name), tolerance);
  const logitsOf = (hidden) =>
    imageLogits(params, tf.slice(hidden, [prefix.length - 1, 0], [imageCodes.length, -1]));

  const hidden = statesOf(prefix);
  await add("hidden states of text and image", against("mixed.hidden.final", hidden, tolerances.states));
  const predictingChain = tf.slice(hidden, [promptIds.length - 1, 0], [chainIds.length, -1]);
  await add(
    "text logits of the chain",
    against("mixed.chain_logits", textLogits(params, predictingChain), tolerances.logits),
  );
  const conditional = logitsOf(hidden);
  await add("image logits", against("mixed.image_logits", conditional, tolerances.logits));
  const bare = prefix.map((id, i) => (i === 0 || i === prefix.length - 1 ? id : pad));
  await add("ids of the unconditional row", () =>
    compareEqual(forward.label("cfg.uncond_ids"), [
      { of: "ids", actual: bare, expected: forward.ints("cfg.uncond_ids") },
    ]),
  );
  const unconditional = logitsOf(statesOf(bare));
  await add(
    "image logits of the unconditional row",
    against("cfg.uncond_logits", unconditional, tolerances.logits),
  );
  return { conditional, unconditional };
}

/** The log-prob pass, with another row of other lengths before or after in the batch. */
async function logProbPass({ config, params, tokenizer }, scale, forward, add) {
  const row = mixedRow(forward);
  const [chains, images] = [row.chainIds.length, row.imageCodes.length];
  const other = shorterRow(row);
  const pass = (rows, options) => {
    const packed = packSequences({ rows, padId: tokenizer.ids.pad, rowBucket: 4 });
    const at = rows.indexOf(row);
    const start = rows.slice(0, at).reduce((sum, { chainIds }) => sum + chainIds.length, 0);
    const { text, image } = tokenLogProbs(config, params, packedTensors(packed), options);
    return {
      chain: text.dataSync().slice(start, start + chains),
      image: image.dataSync().slice(at * images, (at + 1) * images),
    };
  };
  const orders = [
    [other, row],
    [row, other],
  ];
  const compared = (part, name, tolerance, options) => () =>
    orders.flatMap((rows) =>
      options.map((each) =>
        compare(forward.label(name), pass(rows, each)[part], forward.floats(name), tolerance),
      ),
    );
  const guided = ["full", "stop"].map((uncondGrad) => ({ guidanceScale: scale, uncondGrad }));
  await add(
    "chain log-probs in a ragged batch",
    compared("chain", "mixed.chain_logprobs", tolerances.logits, [{}, ...guided]),
  );
  await add(
    "image log-probs in a ragged batch",
    compared("image", "mixed.image_logprobs", tolerances.logits, [{}]),
  );
  await add(
    "guided image log-probs in a ragged batch",
    compared("image", "cfg.guided_logprobs", tolerances.guidedLogits, guided),
  );
}

export const forwardPass = {
  name: "forward",
  about: "states, logits, log-probs, guidance",
  reads: [file],
  async run({ reference, report, constant, models }) {
    const forward = await reference.tensors(file);
    const scale = constant("cfg_weight");
    for (const [layout, model] of Object.entries(models)) {
      const add = (quantity, comparisons) =>
        report.quantity("forward", `${quantity} (${layout})`, () => tf.tidy(() => comparisons()));
      await textRows(model, forward, add);
      await imageInputs(model, forward, add);
      const { conditional, unconditional } = await mixedSequence(
        model,
        model.tokenizer.ids.pad,
        forward,
        add,
      );
      await add("guided image logits", () =>
        compare(
          forward.label("cfg.guided_logits"),
          mixGuidance(conditional, unconditional, scale).dataSync(),
          forward.floats("cfg.guided_logits"),
          tolerances.guidedLogits,
        ),
      );
      await logProbPass(model, scale, forward, add);
    }
  },
};
