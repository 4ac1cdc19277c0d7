// What Easel makes of a checkpoint on the inputs of `transformers_numbers.py`, and how far that is from its results.
import { type HostTensor, tf, toFloat32, toTensor } from "@easel/engine";
import {
  decoderForward,
  imageEmbedding,
  imageLogits,
  type JanusModel,
  mixGuidance,
  textEmbedding,
  textLogits,
  vqDecode,
  vqEncode,
  vqEncoder,
} from "@easel/janus";

/** Results by name, and the largest absolute difference of each to what the library found. */
export type Differences = {
  readonly textLogits: number;
  readonly imageLogits: number;
  /** The largest logit, by absolute value: fp32's noise grows with it. */
  readonly largestLogit: number;
  readonly decoded: number;
  readonly latent: number;
  /** Share of positions at which encoding finds another code. */
  readonly codes: number;
  /** How far the codes that the library drew fall short of the best guided logit. */
  readonly drawn: number;
};

function largestDifference(a: tf.Tensor, b: tf.Tensor): number {
  if (a.shape.join() !== b.shape.join()) throw new Error(`shapes differ: [${a.shape}] and [${b.shape}]`);
  return tf.max(tf.abs(tf.sub(a, b))).dataSync()[0] ?? Number.NaN;
}

/** Logits of all image tokens that follow `ids`, `[batch, tokens, codes]`. */
function teacherForced({ config, params }: JanusModel, ids: tf.Tensor, codes: tf.Tensor): tf.Tensor {
  const embeds = tf.concat([textEmbedding(params, ids), imageEmbedding(config, params, codes)], 1);
  const hidden = decoderForward(config.language, params, embeds);
  const [batch = 0, seq = 0] = ids.shape;
  const [, tokens = 0] = codes.shape;
  return imageLogits(params, tf.slice(hidden, [0, seq - 1, 0], [batch, tokens, -1]));
}

/** The library guides with scale 5 and fills everything but the first and last id of the second row with pads. */
function shortfall(model: JanusModel, prompt: tf.Tensor, drawn: tf.Tensor): number {
  const ids = Array.from(prompt.dataSync());
  const without = ids.map((id, i) => (i === 0 || i === ids.length - 1 ? id : model.tokenizer.ids.pad));
  const logits = (row: tf.Tensor): tf.Tensor => teacherForced(model, row, drawn);
  const unconditional = logits(tf.tensor2d([without], undefined, "int32"));
  const guided = mixGuidance(logits(prompt), unconditional, 5);
  const chosen = tf.sum(tf.mul(guided, tf.oneHot(tf.cast(drawn, "int32"), model.config.image.codes)), -1);
  return tf.max(tf.sub(tf.max(guided, -1), chosen)).dataSync()[0] ?? Number.NaN;
}

/** Compares a loaded model with the library's results. */
export function differences(model: JanusModel, results: ReadonlyMap<string, HostTensor>): Differences {
  const { config, params } = model;
  const found = (name: string): HostTensor => {
    const tensor = results.get(name);
    if (tensor === undefined) throw new Error(`the results lack ${name}`);
    return tensor;
  };
  return tf.tidy(() => {
    const channelsLast = (name: string): tf.Tensor => tf.transpose(toTensor(found(name)), [0, 2, 3, 1]);
    const ids = toTensor(found("ids"));
    const codes = toTensor(found("picture_codes"));
    const pictures = channelsLast("pictures");
    const text = textLogits(params, decoderForward(config.language, params, textEmbedding(params, ids)));
    const encoded = vqEncode(config.vq, params, pictures).dataSync();
    const expected = toFloat32(found("found_codes"));
    const others = expected.filter((code, i) => code !== encoded[i]).length;
    return {
      textLogits: largestDifference(text, toTensor(found("text_logits"))),
      imageLogits: largestDifference(teacherForced(model, ids, codes), toTensor(found("image_logits"))),
      largestLogit: tf.max(tf.abs(toTensor(found("image_logits")))).dataSync()[0] ?? Number.NaN,
      decoded: largestDifference(
        vqDecode(config.vq, params, tf.slice(codes, [0, 0], [1, -1])),
        channelsLast("decoded"),
      ),
      latent: largestDifference(vqEncoder(config.vq, params, pictures), channelsLast("latent")),
      codes: others / expected.length,
      drawn: shortfall(model, toTensor(found("prompt")), toTensor(found("drawn"))),
    };
  });
}
