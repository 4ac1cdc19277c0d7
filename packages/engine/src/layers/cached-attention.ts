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
const KERNEL = "easel_cached_attention_2";

/** Keys and values float32 `[count, kvHeads, slots, width]`. */
export type CachedPairs = { readonly keys: tf.Tensor; readonly values: tf.Tensor };

/** Which row continues which prefix. */
export type PrefixUse = {
  /** int32 `[rows]`: the prefix of each row. */
  readonly ofRow: tf.Tensor;
  /** int32 `[rows]`: the first slot of its prefix that a row sees; it sees those after it too. */
  readonly first: tf.Tensor;
};

/** What rows have in common and comes before what is their own, made by {@link sharePrefix}. */
export type SharedPrefix = CachedPairs & {
  readonly use: PrefixUse;
  /** Null for the kernel. Composed, keys and values are those of each row already, and this is their mask. */
  readonly mask: tf.Tensor | null;
};

/**
 * Prepares prefixes, of which several rows may continue one, for {@link cachedAttention}. Call it outside of the loop that
 * decodes, in the same jitted function: the kernel reads each prefix where it is, elsewhere it is copied for each row.
 */
export function sharePrefix(pairs: CachedPairs, use: PrefixUse): SharedPrefix {
  checkPrefix(pairs, use);
  if (kernelBackend() !== null) return { ...pairs, use, mask: null };
  const [, , slots = 0] = pairs.keys.shape;
  const slot = tf.reshape(tf.range(0, slots, 1, "int32"), [1, slots]);
  const visible = tf.greaterEqual(slot, tf.reshape(use.first, [-1, 1]));
  const ofRows = (x: tf.Tensor): tf.Tensor => tf.gather(x, use.ofRow as tf.Tensor1D);
  return { keys: ofRows(pairs.keys), values: ofRows(pairs.values), use, mask: additive(visible) };
}

/**
 * `softmax(q k^T) v` over what a row sees of its prefix and its own slots 0 to `last`. Scale the queries before. Not
 * differentiable. Under XLA on a processor it is one kernel; elsewhere it is composed of products and a softmax.
 * @param queries float32 `[rows, kvHeads, share, width]`, the queries that share a key-value head beside each other
 * @param own of each row
 * @param last int32 scalar: the last own slot that is visible, the same for all rows
 * @returns `[rows, kvHeads, share, width]`
 * @throws EngineError EASEL_ENGINE_CACHE_SHAPE, EASEL_ENGINE_NO_GRADIENT
 */
export function cachedAttention(
  queries: tf.Tensor,
  own: CachedPairs,
  last: tf.Tensor,
  prefix: SharedPrefix,
): tf.Tensor {
  refuseGradient("cachedAttention", "Use softmaxAttention over whole sequences where a gradient is needed.");
  checkShapes(queries, own, last, prefix);
  const backend = kernelBackend();
  return backend !== null && prefix.mask === null
    ? kernel(backend, queries, own, last, prefix)
    : composed(queries, own, last, prefix);
}

/** Where the kernel can be called: in a function for XLA, with a TensorFlow that knows it. */
function kernelBackend(): TensorflowBackend | null {
  const backend = onTensorflow() ? tensorflowBackend() : null;
  return backend !== null && currentTrace()?.compile === "xla" && backend.xlaKernels.includes(KERNEL)
    ? backend
    : null;
}

function kernel(
  backend: TensorflowBackend,
  queries: tf.Tensor,
  own: CachedPairs,
  last: tf.Tensor,
  { keys, values, use }: SharedPrefix,
): tf.Tensor {
  const { addon } = backend;
  const [rows = 0, kvHeads = 0, share = 0, width = 0] = queries.shape;
  const [prefixes = 0, , prefixSlots = 0] = keys.shape;
  const slots = own.keys.shape[2] ?? 0;
  const sizes = tf.tensor1d([rows, kvHeads, share, slots, width, prefixes, prefixSlots], "int32");
  const attributes: OpAttribute[] = [
    { name: "call_target_name", type: addon.TF_ATTR_STRING, value: KERNEL },
    { name: "backend_config", type: addon.TF_ATTR_STRING, value: "" },
    { name: "has_side_effect", type: addon.TF_ATTR_BOOL, value: false },
    { name: "result_dtypes", type: addon.TF_ATTR_TYPE, value: [addon.TF_FLOAT] },
    { name: "result_shapes", type: addon.TF_ATTR_SHAPE, value: [queries.shape] },
  ];
  const inputs = [sizes, queries, own.keys, own.values, last, keys, values, use.ofRow, use.first];
  return backend.executeSingleOutput("XlaCustomCallV2", attributes, inputs);
}

function composed(queries: tf.Tensor, own: CachedPairs, last: tf.Tensor, prefix: SharedPrefix): tf.Tensor {
  const slots = own.keys.shape[2] ?? 0;
  const prefixSlots = prefix.keys.shape[2] ?? 0;
  const visible = tf.lessEqual(tf.reshape(tf.range(0, slots, 1, "int32"), [1, slots]), last);
  const scores = (keys: tf.Tensor, mask: tf.Tensor): tf.Tensor =>
    tf.add(tf.matMul(queries, keys, false, true), mask);
  const before = scores(prefix.keys, prefix.mask as tf.Tensor);
  const shares = tf.softmax(tf.concat([before, scores(own.keys, additive(visible))], -1));
  const [ofPrefix, ofOwn] = tf.split(shares, [prefixSlots, slots], -1) as [tf.Tensor, tf.Tensor];
  return tf.add(tf.matMul(ofPrefix, prefix.values), tf.matMul(ofOwn, own.values));
}

/** `[rows, 1, 1, slots]` from bool `[rows, slots]`. */
function additive(visible: tf.Tensor): tf.Tensor {
  const mask = tf.mul(tf.sub(1, tf.cast(visible, "float32")), MASKED);
  return tf.reshape(mask, [visible.shape[0] ?? 0, 1, 1, visible.shape[1] ?? 0]);
}

function checkPrefix({ keys, values }: CachedPairs, { ofRow, first }: PrefixUse): void {
  const fits =
    keys.rank === 4 &&
    tf.util.arraysEqual(values.shape, keys.shape) &&
    ofRow.rank === 1 &&
    tf.util.arraysEqual(first.shape, ofRow.shape);
  const types = keys.dtype === "float32" && values.dtype === "float32";
  if (fits && types && ofRow.dtype === "int32" && first.dtype === "int32") return;
  throw misfit(
    [keys, values, ofRow, first],
    "twice float32 [prefixes, kvHeads, slots, width], twice int32 [rows]",
  );
}

function checkShapes(queries: tf.Tensor, own: CachedPairs, last: tf.Tensor, prefix: SharedPrefix): void {
  const [rows = 0, kvHeads = 0, , width = 0] = queries.shape;
  const [, prefixHeads, , prefixWidth] = prefix.keys.shape;
  const fits =
    queries.rank === 4 &&
    tf.util.arraysEqual(own.keys.shape, [rows, kvHeads, own.keys.shape[2] ?? 0, width]) &&
    tf.util.arraysEqual(own.values.shape, own.keys.shape) &&
    tf.util.arraysEqual(prefix.use.ofRow.shape, [rows]) &&
    prefixHeads === kvHeads &&
    prefixWidth === width &&
    last.size === 1;
  const types = [queries, own.keys, own.values].every(({ dtype }) => dtype === "float32");
  if (fits && types && last.dtype === "int32") return;
  throw misfit(
    [queries, own.keys, own.values, last, prefix.keys, prefix.use.ofRow],
    "float32 [rows, kvHeads, share, width], twice [rows, kvHeads, slots, width], an int32 scalar, " +
      "float32 [prefixes, kvHeads, prefixSlots, width] and int32 [rows]",
  );
}

function misfit(found: readonly tf.Tensor[], wanted: string): EngineError {
  const forms = found.map((x) => `${x.dtype}[${x.shape}]`).join(", ");
  return new EngineError("EASEL_ENGINE_CACHE_SHAPE", `Attention over a cache: ${forms} are not ${wanted}.`);
}
