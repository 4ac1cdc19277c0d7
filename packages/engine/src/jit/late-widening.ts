// A weight stored in bfloat16 on its way into a float32 product: widened when the product's other input is there and not
// before. A graph would widen every weight at its start and XLA those of a loop before it: all would lie in memory twice.
import type { Addon, GraphAttribute, GraphOperation, GraphValue } from "../addon.js";
import { TF } from "../dtypes.js";

/** What of a graph under construction the widening needs. */
export type WideningGraph = {
  readonly addon: Addon;
  readonly compile: "graph" | "xla";
  add(
    type: string,
    inputs: readonly (number | readonly number[])[],
    attributes: readonly GraphAttribute[],
    controls: readonly number[],
  ): GraphOperation;
  constant(shape: readonly number[], dtype: number, values: ArrayBufferView): number;
  /** The operation that makes a value; undefined for an input. */
  makerOf(value: number): number | undefined;
};

/**
 * The value `half` as float32, the same to the bit but for what a processor does with denormal numbers.
 *
 * @param half a bfloat16 value of the graph
 * @param other the float32 value that it is multiplied with
 */
export function widenedLate(graph: WideningGraph, half: number, other: number): number {
  const typed = (type: string, inputs: readonly number[], name: string, dtype: number): number =>
    first(graph.add(type, inputs, [{ name, type: graph.addon.TF_ATTR_TYPE, value: dtype, list: false }], []));
  if (graph.compile === "xla") {
    return typed("Cast", [tiedTo(graph, half, other, typed)], "DstT", TF.FLOAT);
  }
  const maker = graph.makerOf(other);
  const attributes = [{ name: "DstT", type: graph.addon.TF_ATTR_TYPE, value: TF.FLOAT, list: false }];
  return first(graph.add("Cast", [half], attributes, maker === undefined ? [] : [maker]));
}

/**
 * The same bits by way of `other`. The barrier keeps XLA from taking the steps after it out of a loop; but it goes before
 * the steps are put in order, so the bits take in a zero that follows from `other`, as in sequenced.ts.
 */
function tiedTo(
  graph: WideningGraph,
  half: number,
  other: number,
  typed: (type: string, inputs: readonly number[], name: string, dtype: number) => number,
): number {
  const plain = (type: string, inputs: readonly number[]): number => first(graph.add(type, inputs, [], []));
  const list = (value: number): number => graph.constant([1], TF.INT32, Int32Array.of(value));
  const element = plain("Slice", [plain("Reshape", [other, list(-1)]), list(0), list(1)]);
  const two = graph.constant([], TF.FLOAT, Float32Array.of(2));
  const zero = typed("Cast", [plain("Greater", [plain("Cos", [element]), two])], "DstT", TF.UINT16);
  const held = first(graph.add("XlaOptimizationBarrier", [[half, other]], [], []));
  const bits = plain("BitwiseOr", [typed("Bitcast", [held], "type", TF.UINT16), zero]);
  return typed("Bitcast", [bits], "type", TF.BFLOAT16);
}

function first(operation: GraphOperation): number {
  return (operation.outputs[0] as GraphValue).value;
}
