// Attention of one new token a row over a cache of keys and values: the inner step of decoding. Writing the cache is the
// caller's; so are heads, rotation and projections.
import type { OpAttribute } from "../addon.js";
import { EngineError } from "../errors.js";
import { refuseGradient } from "../jit/gradient-tape.js";
import { currentTrace } from "../jit/trace-state.js";
import { onTensorflow, type TensorflowBackend, tensorflowBackend } from "../tensorflow-backend.js";
import { tf } from "../tf.js";

/** Large enough to silence a slot in a float32 softmax, small enough never to overflow. */
const MASKED = -1e9;

/** The kernel of native/cached-attention.cc; the number changes with the meaning of its arguments. */
const KERNEL = "easel_cached_attention_1";

/** Which slots of a cache are seen. */
export type CacheWindow = {
  /** int32 `[rows]`: the first visible slot of each row. */
  readonly first: tf.Tensor;
  /** int32 scalar: the last visible slot, the same for all rows. Not before any `first`. */
  readonly last: tf.Tensor;
};

/**
 * `softmax(q k^T) v` over the visible slots. Scale the queries before. Not differentiable. Under XLA on a processor it is one
 * kernel, which reads only what is visible; elsewhere it is composed of products over the whole cache and a softmax.
 * @param queries float32 `[rows, kvHeads, share, width]`, the queries that share a key-value head beside each other
 * @param keys float32 `[rows, kvHeads, slots, width]`
 * @param values float32 `[rows, kvHeads, slots, width]`
 * @returns `[rows, kvHeads, share, width]`
 * @throws EngineError EASEL_ENGINE_CACHE_SHAPE, EASEL_ENGINE_NO_GRADIENT
 */
export function cachedAttention(
  queries: tf.Tensor,
  keys: tf.Tensor,
  values: tf.Tensor,
  window: CacheWindow,
): tf.Tensor {
  refuseGradient("cachedAttention", "Use softmaxAttention over whole sequences where a gradient is needed.");
  checkShapes(queries, keys, values, window);
  const backend = onTensorflow() ? tensorflowBackend() : null;
  return backend !== null && currentTrace()?.compile === "xla" && backend.xlaKernels.includes(KERNEL)
    ? kernel(backend, queries, keys, values, window)
    : composed(queries, keys, values, window);
}

function kernel(
  backend: TensorflowBackend,
  queries: tf.Tensor,
  keys: tf.Tensor,
  values: tf.Tensor,
  { first, last }: CacheWindow,
): tf.Tensor {
  const { addon } = backend;
  const [rows = 0, kvHeads = 0, share = 0, width = 0] = queries.shape;
  const sizes = tf.tensor1d([rows, kvHeads, share, keys.shape[2] ?? 0, width], "int32");
  const attributes: OpAttribute[] = [
    { name: "call_target_name", type: addon.TF_ATTR_STRING, value: KERNEL },
    { name: "backend_config", type: addon.TF_ATTR_STRING, value: "" },
    { name: "has_side_effect", type: addon.TF_ATTR_BOOL, value: false },
    { name: "result_dtypes", type: addon.TF_ATTR_TYPE, value: [addon.TF_FLOAT] },
    { name: "result_shapes", type: addon.TF_ATTR_SHAPE, value: [queries.shape] },
  ];
  const inputs = [sizes, queries, keys, values, last, first];
  return backend.executeSingleOutput("XlaCustomCallV2", attributes, inputs);
}

function composed(
  queries: tf.Tensor,
  keys: tf.Tensor,
  values: tf.Tensor,
  { first, last }: CacheWindow,
): tf.Tensor {
  const [rows = 0, , slots = 0] = keys.shape;
  const slot = tf.reshape(tf.range(0, slots, 1, "int32"), [1, slots]);
  const visible = tf.logicalAnd(
    tf.lessEqual(slot, last),
    tf.greaterEqual(slot, tf.reshape(first, [rows, 1])),
  );
  const mask = tf.mul(tf.sub(1, tf.cast(visible, "float32")), MASKED);
  const scores = tf.add(tf.matMul(queries, keys, false, true), tf.reshape(mask, [rows, 1, 1, slots]));
  return tf.matMul(tf.softmax(scores), values);
}

function checkShapes(queries: tf.Tensor, keys: tf.Tensor, values: tf.Tensor, window: CacheWindow): void {
  const [rows = 0, kvHeads = 0, , width = 0] = queries.shape;
  const slots = keys.shape[2] ?? 0;
  const fits =
    queries.rank === 4 &&
    tf.util.arraysEqual(keys.shape, [rows, kvHeads, slots, width]) &&
    tf.util.arraysEqual(values.shape, keys.shape) &&
    tf.util.arraysEqual(window.first.shape, [rows]) &&
    window.last.size === 1;
  const types =
    [queries, keys, values].every(({ dtype }) => dtype === "float32") &&
    [window.first, window.last].every(({ dtype }) => dtype === "int32");
  if (fits && types) return;
  const forms = [queries, keys, values, window.first, window.last].map((x) => `${x.dtype}[${x.shape}]`);
  throw new EngineError(
    "EASEL_ENGINE_CACHE_SHAPE",
    `cachedAttention: ${forms.join(", ")} are not float32 [rows, kvHeads, share, width], twice ` +
      "[rows, kvHeads, slots, width], int32 [rows] and an int32 scalar.",
  );
}
