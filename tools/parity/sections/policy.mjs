// Section "policy": GRPO through the model with an adapter: log-probs, objective and gradients at step 0, and the adapter
// after optimizer steps of the learner that training runs.
import { disposeAdapter, tf, toTensor, valueAndGrads } from "@easel/engine";
import { tokenLogProbs } from "@easel/janus";
import { createTensorPolicyLearner, policyObjective, trainablePolicy } from "@easel/training";
import { compare } from "../difference.mjs";
import * as tolerances from "../tolerances.mjs";
import { packRows, policyTargets } from "./policy-rows.mjs";

const file = "expected/grpo.safetensors";
const peft = (name) => `base_model.model.${name}.weight`;

/** The policy with the stored adapter. */
async function storedPolicy(reference, model) {
  const config = await reference.json("lora/adapter_config.json");
  const adapter = await reference.stored("lora/adapter_model.safetensors");
  const mode = { kind: "lora", rank: config.r, alpha: config.lora_alpha, targets: config.target_modules };
  const policy = trainablePolicy(model, mode, { next: () => 0.5 });
  for (const [name, variable] of Object.entries(policy.trained)) {
    const stored = adapter.get(peft(name));
    if (stored === undefined) throw new Error(`lora/adapter_model.safetensors lacks ${peft(name)}`);
    tf.tidy(() => variable.assign(toTensor(stored)));
  }
  return policy;
}

/** The stored rollouts as the learner gets them. */
function storedRows(tensors) {
  const promptIds = tensors.ints("model.prompt_ids");
  const lengths = tensors.ints("model.chain_lens");
  const [chains, images, old] = ["chain_ids", "image_ids", "logp_old"].map((name) =>
    tensors.rows(`model.${name}`),
  );
  const advantages = tensors.floats("model.advantages");
  return lengths.map((length, row) => ({
    promptIds,
    chainIds: chains[row].slice(0, length),
    forcedBoi: false,
    imageCodes: images[row],
    behaviourLogProbs: old[row].slice(0, length + images[row].length),
    advantage: advantages[row],
  }));
}

/** Log-probs, objective and gradients before the first step. */
async function firstStep(model, policy, tensors, rows, constant, add) {
  const { config, tokenizer } = model;
  const against = (name, actual, tolerance) =>
    compare(tensors.label(name), actual, tensors.floats(name), tolerance);
  const packed = packRows(rows, tokenizer.ids.pad);
  const logProbsOf = (params) => {
    const { text, image } = tokenLogProbs(config, params, packed.batch);
    return packed.join({ text: text.dataSync(), image: image.dataSync() });
  };
  await add("tokens that count", () => {
    const { textMask, imageMask } = packed.packed;
    return against("model.mask", packed.join({ text: textMask, image: imageMask }), tolerances.exact);
  });
  await add("log-probs of the policy", () =>
    against("model.logp", logProbsOf(policy.params), tolerances.logits),
  );
  await add("log-probs of the reference", () =>
    against("model.logp_ref", logProbsOf(policy.reference), tolerances.logits),
  );
  const targets = policyTargets(packed, {
    old: tensors.floats("model.logp_old"),
    reference: tensors.floats("model.logp_ref"),
    advantages: tensors.floats("model.advantages"),
  });
  const clipEps = constant("grpo.clip_eps");
  const options = { clipLow: clipEps, clipHigh: clipEps, beta: constant("grpo.beta") };
  const { value, grads } = tf.tidy(() =>
    valueAndGrads(() => {
      const logProbs = tokenLogProbs(config, policy.params, packed.batch);
      return policyObjective(logProbs, packed.batch, targets, options).loss;
    }, policy.trained),
  );
  await add("objective at step 0", () =>
    compare(
      tensors.label("model.losses"),
      value.dataSync(),
      tensors.floats("model.losses").slice(0, 1),
      tolerances.loss,
    ),
  );
  const names = tensors.names.filter((name) => name.startsWith("model.grad.base_model."));
  await add(`gradients of ${names.length} adapter matrices at step 0`, () =>
    names.map((name) => {
      const path = /^model\.grad\.base_model\.model\.(.+)\.weight$/.exec(name)?.[1] ?? name;
      return against(name, grads[path]?.dataSync() ?? [], tolerances.gradient);
    }),
  );
  tf.dispose([packed.batch, targets, value, grads]);
}

/** The learner's steps: losses, gradient norm, and the adapter after each step that is stored. */
async function learnerSteps(model, policy, tensors, rows, constant, compile, add) {
  const clipEps = constant("grpo.clip_eps");
  const { lr, betas, weight_decay: weightDecay } = constant("grpo.adamw");
  const learner = createTensorPolicyLearner(model, policy, {
    beta1: betas[0],
    beta2: betas[1],
    weightDecay,
    maxGradientNorm: 1e9,
    matmul: "f32",
    compile,
    clipLow: clipEps,
    clipHigh: clipEps,
    beta: constant("grpo.beta"),
    aggregation: { kind: "tokenMean" },
    logProbs: {},
    rowsPerPass: 2,
  });
  const losses = [];
  for (let step = 0; step < tensors.floats("model.losses").length; step++) {
    const metrics = await learner.update(rows, { learningRate: lr });
    losses.push(metrics.loss);
    if (step === 0) {
      await add("gradient norm at step 0", () =>
        compare(
          tensors.label("model.grad_norm"),
          [metrics.gradientNorm],
          tensors.floats("model.grad_norm"),
          tolerances.gradient,
        ),
      );
    }
    const stored = `model.step${step + 1}.`;
    const names = tensors.names.filter((name) => name.startsWith(stored));
    if (names.length === 0) continue;
    await add(`adapter after ${step + 1} AdamW step${step === 0 ? "" : "s"}`, () =>
      names.map((name) => {
        const path = /base_model\.model\.(.+)\.weight$/.exec(name)?.[1] ?? name;
        const found = policy.trained[path]?.dataSync() ?? [];
        return compare(tensors.label(name), found, tensors.floats(name), tolerances.trainedAdapter);
      }),
    );
  }
  await add(`losses of ${losses.length} steps`, () =>
    compare(tensors.label("model.losses"), losses, tensors.floats("model.losses"), tolerances.loss),
  );
}

export const policy = {
  name: "policy",
  about: "GRPO through the model with an adapter, and the learner's steps",
  reads: [file],
  async run({ reference, report, constant, model, compile }) {
    const tensors = await reference.tensors(file);
    const rows = storedRows(tensors);
    const add = (quantity, comparisons) =>
      report.quantity("policy", quantity, () => tf.tidy(() => comparisons()));
    const stored = await storedPolicy(reference, model);
    await firstStep(model, stored, tensors, rows, constant, add);
    await learnerSteps(model, stored, tensors, rows, constant, compile, add);
    disposeAdapter(stored.adapter);
  },
};
