// Section "layouts": the transformers layout states the same sizes and holds the same weights as the original one. Both are
// widened to float32, so the weights must be equal; what both compute is compared in the section "forward".
import { compare, compareEqual } from "../difference.mjs";
import { needed } from "../subject.mjs";
import * as tolerances from "../tolerances.mjs";

export const layouts = {
  name: "layouts",
  about: "the transformers layout against the original one",
  reads: [],
  async run({ report, models, constant }) {
    const [original, hf] = ["original", "hf"].map((layout) => needed(models, layout));
    await report.quantity("layouts", "sizes in both configs, and the constants", () =>
      compareEqual("config.json", [
        { of: "both layouts", actual: hf.config, expected: original.config },
        {
          of: "rows of the text embedding",
          actual: original.config.language.vocabulary,
          expected: constant("text_vocab_rows"),
        },
        { of: "image codes", actual: original.config.image.codes, expected: constant("image_codes") },
      ]),
    );
    const weights = Object.entries(original.params.weights);
    await report.quantity("layouts", `values of ${weights.length} weights`, () => [
      compareEqual("weights", [
        {
          of: "names",
          actual: Object.keys(hf.params.weights).sort(),
          expected: weights.map(([name]) => name).sort(),
        },
      ]),
      ...weights.map(([name, weight]) =>
        compare(name, hf.params.weights[name]?.dataSync() ?? [], weight.dataSync(), tolerances.exact),
      ),
    ]);
  },
};
