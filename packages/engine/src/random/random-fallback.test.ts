// Without the native library the same numbers come out.
import { beforeAll, expect, test } from "vitest";
import { jit } from "../jit/jit.js";
import { startEngine } from "../start-engine.js";
import { tf } from "../tf.js";
import { type RandomWords, randomKey, randomNormal, randomUniform } from "./index.js";

beforeAll(async () => {
  await startEngine({ backend: "cpu" });
});

test("uniform and normal numbers on the plain backend are those of TensorFlow", () => {
  const words: RandomWords = { key: randomKey(2 ** 40 + 7), counter: tf.tensor1d([0, 5, -9, 1], "int32") };
  const bits = (tensor: tf.Tensor): number[] => Array.from(new Int32Array(tensor.dataSync().slice().buffer));
  const drawn = jit((at: RandomWords) => [randomUniform([6], at), randomNormal([6], at)])(words);
  expect(drawn.map(bits)).toEqual(TENSORFLOW_BITS);
});

/** The float32 bits that the TensorFlow backend gives for the same key and counter. */
const TENSORFLOW_BITS = [
  [1058019715, 1064715294, 1063006741, 1056638998, 1059903896, 1063727944],
  [-1089201092, 1027818688, -1103860464, -1087334084, -1093235976, -1107737408],
];
