// Section "gradients": the mean loss of the mixed sequence and its gradients, all weights trained.
import { tf, valueAndGrads } from "@easel/engine";
import { packedTensors, packSequences, sequenceLoss } from "@easel/janus";
import { isPolicyWeight } from "@easel/training";
import { compare } from "../difference.mjs";
import * as tolerances from "../tolerances.mjs";
import { mixedRow } from "./mixed-row.mjs";

const file = "expected/grad.safetensors";
const embedding = "language_model.model.embed_tokens.weight";
const head = "language_model.lm_head.weight";

/** The rows of a gradient that are listed, and the largest entry of all others. */
function splitRows(gradient, listed) {
  const [count = 0, width = 0] = gradient.shape;
  const values = gradient.dataSync();
  const row = (i) => values.slice(i * width, (i + 1) * width);
  const others = Array.from({ length: count }, (_, i) => i).filter((i) => !listed.includes(i));
  return { rows: listed.flatMap((i) => [...row(i)]), others: others.flatMap((i) => [...row(i)]) };
}

export const gradients = {
  name: "gradients",
  about: "the supervised loss and its gradients",
  reads: [file],
  async run({ reference, report, model }) {
    const { config, params, tokenizer } = model;
    const forward = await reference.tensors("expected/forward.safetensors");
    const expected = await reference.tensors(file);
    const trained = Object.fromEntries(
      Object.entries(params.weights).filter(([name]) => isPolicyWeight(name)),
    );
    const packed = packSequences({ rows: [mixedRow(forward)], padId: tokenizer.ids.pad });
    const { value, grads } = tf.tidy(() => {
      const batch = packedTensors(packed);
      return valueAndGrads(() => sequenceLoss(config, params, batch).loss, trained);
    });
    const gradientOf = (name) => {
      if (grads[name] === undefined) throw new Error(`${name} has no gradient`);
      return grads[name];
    };
    const against = (name, actual) =>
      compare(expected.label(name), actual, expected.floats(name), tolerances.gradient);
    const add = (quantity, comparisons) => report.quantity("gradients", quantity, comparisons);

    await add("mean loss of 1 sequence", () =>
      compare(expected.label("nll"), value.dataSync(), expected.floats("nll"), tolerances.loss),
    );
    const whole = expected.names.filter((name) => name.startsWith("grad."));
    await add(`gradients of ${whole.length} whole weights`, () =>
      whole.map((name) => against(name, gradientOf(name.slice("grad.".length)).dataSync())),
    );
    await add("gradients of the embeddings seen, zero elsewhere", () => {
      const { rows, others } = splitRows(gradientOf(embedding), expected.ints("grad_rows.ids"));
      return [
        against(`grad_rows.${embedding}`, rows),
        compare(`${embedding}, other rows`, others, new Float32Array(others.length), tolerances.exact),
      ];
    });
    await add("gradients of the text head's rows", () => {
      const { rows } = splitRows(gradientOf(head), expected.ints("grad_lm_head_rows.ids"));
      return against(`grad_lm_head_rows.${head}`, rows);
    });
    await add("gradient of the text head, summed over its rows", () =>
      against(
        "grad_lm_head_rowsum",
        tf.tidy(() => tf.sum(gradientOf(head), 0).dataSync()),
      ),
    );
    await add("gradient of the text head, absolute sum", () =>
      against(
        "grad_lm_head_abssum",
        tf.tidy(() => tf.sum(tf.abs(gradientOf(head))).dataSync()),
      ),
    );
    tf.dispose([value, grads]);
  },
};
