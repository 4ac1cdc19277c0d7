// Section "guided": the objective on log-probs of the guided distribution, its k3 term alone, and their gradients with and
// without those of the unconditional row, on rows of different lengths. The expected numbers are of each row by itself. Made by
// packages/janus/fixtures/make_guided_policy.py; a folder without the file is checked without this section.
import { tf, valueAndGrads } from "@easel/engine";
import { tokenLogProbs } from "@easel/janus";
import { policyObjective } from "@easel/training";
import { compare } from "../difference.mjs";
import * as tolerances from "../tolerances.mjs";
import { packRows, policyTargets } from "./policy-rows.mjs";

export const guidedFile = "expected/guided-policy.safetensors";

function storedRows(tensors) {
  const [prompts, chains, images] = ["prompt_ids", "chain_ids", "image_ids"].map((name) =>
    tensors.rows(name),
  );
  const [promptLengths, chainLengths] = [tensors.ints("prompt_lens"), tensors.ints("chain_lens")];
  return prompts.map((prompt, row) => ({
    promptIds: prompt.slice(0, promptLengths[row]),
    chainIds: chains[row].slice(0, chainLengths[row]),
    imageCodes: images[row],
  }));
}

/** The objective of each kind: the whole, and k3 with nothing beside it. */
const kinds = {
  objective: (value) => value.loss,
  k3: (value, tokens) => tf.div(value.report.kl, tokens),
};

export const guided = {
  name: "guided",
  about: "the guided objective and its gradients on ragged rows",
  reads: [guidedFile],
  optional: guidedFile,
  async run({ reference, report, constant, model }) {
    const { config, params, tokenizer } = model;
    const tensors = await reference.tensors(guidedFile);
    const rows = storedRows(tensors);
    const scale = constant("cfg_weight");
    const clipEps = constant("grpo.clip_eps");
    const options = { clipLow: clipEps, clipHigh: clipEps, beta: constant("grpo.beta") };
    const packed = packRows(rows, tokenizer.ids.pad);
    const add = (quantity, comparisons) =>
      report.quantity("guided", quantity, () => tf.tidy(() => comparisons()));
    const against = (name, actual, tolerance) =>
      compare(tensors.label(name), actual, tensors.floats(name), tolerance);

    await add("log-probs of ragged rows against each row alone", () => {
      const { text, image } = tokenLogProbs(config, params, packed.batch, { guidanceScale: scale });
      const found = packed.join({ text: text.dataSync(), image: image.dataSync() });
      return against("logp", found, tolerances.guidedLogits);
    });
    const targets = policyTargets(packed, {
      old: tensors.floats("logp_old"),
      reference: tensors.floats("logp_ref"),
      advantages: tensors.floats("advantages"),
    });
    for (const [kind, scalarOf] of Object.entries(kinds)) {
      for (const uncondGrad of ["full", "stop"]) {
        const prefix = `${kind}.${uncondGrad}.`;
        const named = tensors.names.filter((name) => name.startsWith(`${prefix}grad.`));
        const names = named.map((name) => name.slice(`${prefix}grad.`.length));
        const trained = Object.fromEntries(names.map((name) => [name, params.weights[name]]));
        const { value, grads } = tf.tidy(() =>
          valueAndGrads(() => {
            const logProbs = tokenLogProbs(config, params, packed.batch, {
              guidanceScale: scale,
              uncondGrad,
            });
            const all = policyObjective(logProbs, packed.batch, targets, options);
            return scalarOf(all, packed.tokens);
          }, trained),
        );
        const mode = uncondGrad === "full" ? "both rows" : "the conditional row only";
        await add(`${kind}, gradients of ${mode}: value`, () =>
          against(`${prefix}loss`, value.dataSync(), (largest) => tolerances.loss * Math.max(1, largest)),
        );
        await add(`${kind}, gradients of ${mode}: ${names.length} weights`, () =>
          names.map((name) =>
            against(`${prefix}grad.${name}`, grads[name]?.dataSync() ?? [], tolerances.gradient),
          ),
        );
        tf.dispose([value, grads]);
      }
    }
    tf.dispose([packed.batch, targets]);
  },
};
