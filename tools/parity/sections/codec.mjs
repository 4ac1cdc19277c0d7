// Section "codec": VQ decode and encode through their stages, pictures as bytes, codes.
import { tf } from "@easel/engine";
import { codebookName, fromLevels, lookUp, vqDecode, vqEncode, vqEncoder, vqRoot } from "@easel/janus";
import {
  attentionBlock,
  conv1x1,
  conv3x3,
  decoderLevels,
  encoderLevels,
  residualBlock,
  runLevel,
  runMiddle,
} from "@easel/janus/pieces";
import { compare } from "../difference.mjs";
import * as tolerances from "../tolerances.mjs";
import { addPictureBytes } from "./picture-bytes.mjs";

const file = "expected/vq.safetensors";

/** The stages of decoding the first picture, by the names they are stored under. */
function decoderStages({ config, params }, codes, grid) {
  const { vq } = config;
  const path = `${vqRoot}.decoder`;
  const first = tf.reshape(tf.slice(codes, [0, 0], [1, -1]), [1, ...grid]);
  const zq = lookUp(params, first);
  const convIn = conv3x3(params, `${path}.conv_in`, conv1x1(params, `${vqRoot}.post_quant_conv`, zq));
  const mid0 = residualBlock(params, `${path}.mid.0`, convIn, vq.normGroups);
  const attended = attentionBlock(params, `${path}.mid.1`, mid0, vq.normGroups);
  const mid = residualBlock(params, `${path}.mid.2`, attended, vq.normGroups);
  const block0 = runLevel(vq, params, decoderLevels(vq)[0], mid);
  return { "dec.zq": zq, "dec.conv_in": convIn, "dec.mid0": mid0, "dec.mid": mid, "dec.block0": block0 };
}

/** The stages of encoding before the latent. */
function encoderStages({ config, params }, image) {
  const { vq } = config;
  const path = `${vqRoot}.encoder`;
  let h = conv3x3(params, `${path}.conv_in`, image);
  let down0;
  for (const level of encoderLevels(vq)) {
    h = runLevel(vq, params, level, h);
    if (level.resample) h = conv3x3(params, `${level.path}.downsample.conv`, h, 2);
    down0 ??= h;
  }
  return { "enc.down0": down0, "enc.mid": runMiddle(vq, params, `${path}.mid`, h) };
}

/** Nearest codes by plain distance, neither side at unit length: what the transformers class answers. */
function plainNearest(latent, codebook) {
  const rows = tf.reshape(latent, [-1, codebook.shape[1]]);
  const squares = tf.sum(tf.square(codebook), 1);
  return tf.argMin(tf.sub(squares, tf.mul(tf.matMul(rows, codebook, false, true), 2)), 1);
}

export const codec = {
  name: "codec",
  about: "VQ decode and encode",
  reads: [file],
  async run({ reference, report, constant, model }) {
    const { config, params } = model;
    const vq = await reference.tensors(file);
    const add = (quantity, comparisons) =>
      report.quantity("codec", quantity, () => tf.tidy(() => comparisons()));
    const stage = (name, actual, tolerance = tolerances.codecStage) => {
      const expected = vq.picture(name);
      // Of wide stages only the first channels are stored.
      const kept = tf.slice(actual, [0, 0, 0, 0], [-1, -1, -1, expected.shape[3]]);
      return compare(vq.label(name), kept.dataSync(), expected.dataSync(), tolerance);
    };
    const codes = () => vq.tensor("dec.codes");
    const decoded = () => vqDecode(config.vq, params, codes());
    await add("stages of decoding", () =>
      Object.entries(decoderStages(model, codes(), constant("grid"))).map(([name, actual]) =>
        stage(name, actual),
      ),
    );
    await add("decoded pictures", () => stage("dec.image", decoded(), tolerances.codec));
    await addPictureBytes(add, "decoded pictures", decoded, vq, "dec.image_u8");
    await add("bytes read as floats", () =>
      compare(
        vq.label("enc.image"),
        fromLevels(vq.tensor("enc.image_u8")).dataSync(),
        vq.picture("enc.image").dataSync(),
        tolerances.operation,
      ),
    );
    const image = () => vq.picture("enc.image");
    await add("stages of encoding", () =>
      Object.entries(encoderStages(model, image())).map(([name, actual]) => stage(name, actual)),
    );
    const latent = () => vqEncoder(config.vq, params, image());
    await add("latent", () => stage("enc.latent", latent(), tolerances.codec));
    const codesOf = (name, actual) =>
      compare(vq.label(name), actual.dataSync(), vq.ints(name), tolerances.exact);
    await add("codes", () => codesOf("enc.codes", vqEncode(config.vq, params, image())));
    await add("codes that a search without unit length would give", () =>
      codesOf("enc.codes_unnormalised", plainNearest(latent(), params.weights[codebookName])),
    );
  },
};
