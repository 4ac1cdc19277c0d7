// Section "ops": single operations, on inputs where a wrong epsilon, GELU, padding side or rotary pairing shows.
import { rmsNorm, silu, tf, upsampleNearest2x } from "@easel/engine";
import { unitLength } from "@easel/janus";
import { applyRotary, conv3x3, gelu, groupNorm, rotaryTables } from "@easel/janus/pieces";
import { compare } from "../difference.mjs";
import * as tolerances from "../tolerances.mjs";

const file = "expected/ops.safetensors";

function rotaryComparisons(ops, headDim, theta) {
  const name = (part) => `rope${headDim}.${part}`;
  const positions = ops.tensor("rope.positions");
  const tables = rotaryTables({ headDim, ropeTheta: theta }, positions);
  const twice = (table) => tf.reshape(tf.concat([table, table], -1), [-1, headDim]).dataSync();
  const query = tf.reshape(ops.tensor(name("q")), [-1, 1, headDim]);
  const tolerance = headDim >= 128 ? tolerances.wideRotary : tolerances.operation;
  const against = (part, actual) => compare(ops.label(name(part)), actual, ops.floats(name(part)), tolerance);
  return [
    against("cos", twice(tables.cos)),
    against("sin", twice(tables.sin)),
    against("q_rot", applyRotary(query, tables).dataSync()),
  ];
}

/** Head sizes for which there is a rotary case. */
const headSizes = (ops) =>
  ops.names.flatMap((name) => {
    const size = /^rope(\d+)\.q$/.exec(name)?.[1];
    return size === undefined ? [] : [Number(size)];
  });

export const operations = {
  name: "ops",
  about: "single operations",
  reads: [file],
  async run({ reference, report, model }) {
    const ops = await reference.tensors(file);
    const { language, vq } = model.config;
    const against = (name, actual, tolerance) =>
      compare(ops.label(name), actual.dataSync(), ops.floats(name), tolerance);
    const pictures = (name, actual, tolerance) =>
      compare(ops.label(name), actual.dataSync(), ops.picture(name).dataSync(), tolerance);
    const add = (quantity, comparisons) =>
      report.quantity("ops", quantity, () => tf.tidy(() => comparisons()));

    await add("RMS norm", () => {
      const y = rmsNorm(ops.tensor("rmsnorm.x"), ops.tensor("rmsnorm.weight"), language.rmsEps);
      return against("rmsnorm.y", y, tolerances.operation);
    });
    const grouped = () => {
      const weights = {
        "n.weight": ops.tensor("groupnorm.weight"),
        "n.bias": ops.tensor("groupnorm.bias"),
      };
      return groupNorm({ weights }, "n", ops.picture("groupnorm.x"), vq.normGroups);
    };
    await add("group norm", () => pictures("groupnorm.y", grouped(), tolerances.normOrConvolution));
    await add("group norm and SiLU", () =>
      pictures("groupnorm_swish.y", silu(grouped()), tolerances.normOrConvolution),
    );
    await add("GELU", () => against("gelu.y", gelu(ops.tensor("gelu.x")), tolerances.operation));
    await add("SiLU", () => against("silu.y", silu(ops.tensor("gelu.x")), tolerances.operation));
    for (const size of headSizes(ops)) {
      await add(`rotary embedding at head size ${size}`, () =>
        rotaryComparisons(ops, size, language.ropeTheta),
      );
    }
    await add("convolution that halves the side", () => {
      const weights = { "c.weight": ops.tensor("down.weight"), "c.bias": ops.tensor("down.bias") };
      const y = conv3x3({ weights }, "c", ops.picture("down.x"), 2);
      return pictures("down.y", y, tolerances.normOrConvolution);
    });
    await add("doubling and convolution", () => {
      // The reference uses the same kernel, mirrored along its last axis.
      const mirrored = tf.reverse(ops.tensor("down.weight"), 3);
      const weights = { "c.weight": mirrored, "c.bias": ops.tensor("down.bias") };
      const y = conv3x3({ weights }, "c", upsampleNearest2x(ops.picture("up.x")));
      return pictures("up.y", y, tolerances.normOrConvolution);
    });
    await add("rows at unit length", () =>
      against("l2norm.y", unitLength(ops.tensor("l2norm.x")), tolerances.operation),
    );
  },
};
