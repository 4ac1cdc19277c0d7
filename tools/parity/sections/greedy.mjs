// Section "greedy": argmax decoding of whole samples by the sampler that rollouts use, token for token, and their picture.
// Both prompts are in one batch, each in its own case, so that rows of different lengths decode together.
import { tf } from "@easel/engine";
import { createSampler, vqDecode } from "@easel/janus";
import { compare, compareEqual } from "../difference.mjs";
import * as tolerances from "../tolerances.mjs";
import { addPictureBytes } from "./picture-bytes.mjs";

const file = "expected/greedy.safetensors";

/** Greedy decodes of both prompts under one cap on text tokens. */
async function decode(model, prompts, textCap, guidanceScale, compile) {
  const sampler = createSampler(model, {
    maxRows: prompts.length,
    promptBuckets: [Math.max(...prompts.map((ids) => ids.length))],
    textCap,
    guidanceScale,
    temperature: 0,
    compile,
  });
  try {
    return await sampler.sample(prompts.map((promptIds) => ({ promptIds, uniform: () => 0 })));
  } finally {
    sampler.dispose();
  }
}

export const greedy = {
  name: "greedy",
  about: "argmax decoding of chain and picture under guidance",
  reads: [file],
  async run({ reference, report, constant, model, compile }) {
    const tensors = await reference.tensors(file);
    const prompts = [tensors.ints("prompt_ids"), tensors.ints("capped.prompt_ids")];
    const scale = constant("cfg_weight");
    const add = (quantity, comparisons) => report.quantity("greedy", quantity, comparisons);

    await add("prompts of the captions", () =>
      compareEqual(file, [
        {
          of: "caption",
          actual: model.tokenizer.encodePrompt(constant("greedy.caption")),
          expected: prompts[0],
        },
        {
          of: "capped caption",
          actual: model.tokenizer.encodePrompt(constant("greedy.capped_caption")),
          expected: prompts[1],
        },
      ]),
    );
    const [whole] = await decode(model, prompts, constant("greedy.text_cap"), scale, compile);
    const [, capped] = await decode(model, prompts, constant("greedy.capped_text_cap"), scale, compile);
    const boi = constant("boi_id");
    const cases = [
      ["", whole],
      ["capped.", capped],
    ];
    for (const [prefix, drawn] of cases) {
      const what = prefix === "" ? "" : " (at the cap)";
      const chain = tensors.ints(`${prefix}text_ids`);
      const picture = tensors.ints(`${prefix}image_ids`);
      await add(`chain ids${what}`, () =>
        compare(tensors.label(`${prefix}text_ids`), drawn.chainIds, chain, tolerances.exact),
      );
      await add(`image ids${what}`, () =>
        compare(
          tensors.label(`${prefix}image_ids`),
          drawn.imageCodes.slice(0, picture.length),
          picture,
          tolerances.exact,
        ),
      );
      const cap = constant(prefix === "" ? "greedy.text_cap" : "greedy.capped_text_cap");
      await add(`begin-of-image ends the chain${what}`, () =>
        compareEqual(tensors.label(`${prefix}text_ids`), [
          {
            of: "last id, and whether it was forced",
            actual: [drawn.chainIds.at(-1), drawn.forcedBoi],
            expected: [boi, chain.length > cap],
          },
        ]),
      );
    }
    const picture = () =>
      vqDecode(model.config.vq, model.params, tf.tensor2d([[...whole.imageCodes]], undefined, "int32"));
    const tidied = (quantity, comparisons) => add(quantity, () => tf.tidy(() => comparisons()));
    await tidied("picture", () =>
      compare(
        tensors.label("image"),
        picture().dataSync(),
        tensors.picture("image").dataSync(),
        tolerances.codec,
      ),
    );
    await addPictureBytes(tidied, "picture", picture, tensors, "image_u8");
  },
};
