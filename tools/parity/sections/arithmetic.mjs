// Section "grpo": GRPO's arithmetic on given arrays: advantages, ratios, k3, losses with their gradients, the schedule.
import { cosineWithWarmup as engineCosine } from "@easel/engine";
import { clippedSurrogate, cosineWithWarmup, groupAdvantages, k3, policyLoss } from "@easel/grpo";
import { compare } from "../difference.mjs";
import * as tolerances from "../tolerances.mjs";

const file = "expected/grpo.safetensors";

export const arithmetic = {
  name: "grpo",
  about: "advantages, ratios, k3, losses and their gradients, schedule",
  reads: [file],
  async run({ reference, report, constant }) {
    const tensors = await reference.tensors(file);
    const epsilon = constant("grpo.std_eps");
    const clipEps = constant("grpo.clip_eps");
    const clip = { epsLow: clipEps, epsHigh: clipEps };
    const add = (quantity, comparisons) => report.quantity("grpo", quantity, comparisons);
    const against = (name, actual, tolerance) =>
      compare(tensors.label(name), actual, tensors.floats(name), tolerance);
    const flat = (rows) => rows.flatMap((row) => [...row]);
    const input = {
      logProbs: tensors.rows("logp"),
      oldLogProbs: tensors.rows("logp_old"),
      referenceLogProbs: tensors.rows("logp_ref"),
      mask: tensors.rows("mask"),
      advantages: [...tensors.floats("advantages")],
    };
    const options = { clip, klWeight: constant("grpo.beta") };
    const { oldLogProbs, ...onPolicy } = input;
    const everyToken = input.mask.map((row) => row.map(() => 1));

    await add("advantages, the deviation with n - 1", () => {
      const { advantages } = groupAdvantages(tensors.rows("rewards"), { epsilon });
      return against("advantages", flat(advantages), tolerances.arithmetic);
    });
    await add("advantages, the deviation with n, from the group's figures", () => {
      const rewards = tensors.rows("rewards");
      const { groups } = groupAdvantages(rewards, { epsilon });
      const rows = groups.map(({ mean, standardDeviation }, i) => {
        const n = rewards[i].length;
        const deviation = standardDeviation * Math.sqrt((n - 1) / n);
        return rewards[i].map((reward) => (reward - mean) / (deviation + epsilon));
      });
      return against("advantages_population_std", flat(rows), tolerances.arithmetic);
    });
    const eachToken = (f) => flat(input.logProbs.map((row, i) => row.map((l, t) => f(l, i, t))));
    await add("ratios", () => {
      const ratios = eachToken((l, i, t) => clippedSurrogate(l, oldLogProbs[i][t], 1, clip).ratio);
      return against("ratio", ratios, tolerances.arithmetic);
    });
    await add("k3 of each token", () => {
      const values = eachToken((l, i, t) => k3(l, input.referenceLogProbs[i][t]));
      return against("kl", values, tolerances.arithmetic);
    });
    await add("loss of each token", () => {
      const { tokenLoss } = policyLoss({ ...input, mask: everyToken }, options);
      return against("per_token_loss", flat(tokenLoss), tolerances.arithmetic);
    });
    const forms = {
      token_mean: policyLoss(input, options),
      seq_mean: policyLoss(input, { ...options, aggregation: { kind: "sequenceMean" } }),
      onpolicy_token_mean: policyLoss(onPolicy, options),
    };
    for (const [form, { loss, gradient }] of Object.entries(forms)) {
      await add(`loss (${form})`, () => against(`loss_${form}`, [loss], tolerances.arithmeticMean));
      await add(`its gradient (${form})`, () =>
        against(`grad_${form}`, flat(gradient), tolerances.arithmeticGradient),
      );
    }
    await add("mean k3 and share of clipped tokens", () => {
      const { meanKl, clipLowFraction, clipHighFraction } = forms.token_mean.metrics;
      return [
        against("mean_kl", [meanKl], tolerances.arithmeticMean),
        against("clip_fraction", [clipLowFraction + clipHighFraction], tolerances.arithmeticMean),
      ];
    });
    await add("loss of the model's own log-probs", () => {
      const [advantages = []] = groupAdvantages(tensors.rows("model.rewards"), { epsilon }).advantages;
      const { loss } = policyLoss(
        {
          logProbs: tensors.rows("model.logp"),
          oldLogProbs: tensors.rows("model.logp_old"),
          referenceLogProbs: tensors.rows("model.logp_ref"),
          mask: tensors.rows("model.mask"),
          advantages,
        },
        options,
      );
      return [
        against("model.advantages", advantages, tolerances.arithmetic),
        compare(
          `${tensors.label("model.losses")} of step 0`,
          [loss],
          tensors.floats("model.losses").slice(0, 1),
          tolerances.loss,
        ),
      ];
    });
    await add("learning-rate factors", () => {
      const factors = tensors.floats("lr_factor");
      const schedule = { totalSteps: factors.length - 1, warmupSteps: factors.indexOf(1) };
      const steps = [...factors.keys()];
      return [
        against(
          "lr_factor",
          steps.map((step) => cosineWithWarmup(step, schedule)),
          tolerances.arithmeticMean,
        ),
        against(
          "lr_factor",
          steps.map((step) => engineCosine({ step, ...schedule })),
          tolerances.arithmeticMean,
        ),
      ];
    });
  },
};
