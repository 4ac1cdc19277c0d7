// Pictures as bytes against expected bytes: at most one level off, and in few values. Two quantities, so that neither hides
// the other.
import { toLevels } from "@easel/janus";
import { compare } from "../difference.mjs";
import * as tolerances from "../tolerances.mjs";

/**
 * @param {(quantity: string, comparisons: () => unknown) => Promise<void>} add
 * @param {string} what the picture is, for the lines
 * @param {() => import("@easel/engine").tf.Tensor} images `[batch, height, width, 3]`, nominally in [-1,1]
 */
export async function addPictureBytes(add, what, images, tensors, name) {
  const levels = () => toLevels(images()).dataSync();
  await add(`${what} as bytes, levels off`, () =>
    compare(tensors.label(name), levels(), tensors.floats(name), tolerances.byteLevels),
  );
  await add(`${what} as bytes, share of values off`, () => {
    const expected = tensors.floats(name);
    const wrong = levels().filter((value, i) => value !== expected[i]).length;
    return compare(tensors.label(name), [wrong / expected.length], [0], tolerances.byteShare);
  });
}
