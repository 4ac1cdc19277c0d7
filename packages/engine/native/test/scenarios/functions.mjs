// Scenarios of graphs and the functions made of them. Each is one process (see one.mjs).
import assert from "node:assert/strict";
import { addon, floats, refused, tensor } from "./addon.mjs";

const attribute = (name, type, value) => ({ name, type, value, list: false });

function placeholder(graph, shape) {
  const attributes = [
    attribute("dtype", addon.TF_ATTR_TYPE, addon.TF_FLOAT),
    attribute("shape", addon.TF_ATTR_SHAPE, shape),
  ];
  return addon.graphOperation(graph, "Placeholder", [], attributes, []).outputs[0].value;
}

const operation = (graph, type, inputs, attributes = []) =>
  addon.graphOperation(graph, type, inputs, attributes, []).outputs[0].value;

/** Functions are defined, called, outlive their graph, and are removed. */
export function functions() {
  const x = tensor([2], addon.TF_FLOAT, Float32Array.of(1, 2));
  for (let round = 0; round < 20; round++) {
    const graph = addon.newGraph();
    const input = placeholder(graph, [2]);
    const unused = placeholder(graph, [5]);
    const { outputs } = addon.graphConstant(graph, [2], addon.TF_FLOAT, Float32Array.of(10, 20));
    const joined = operation(graph, "ConcatV2", [
      [input, outputs[0].value],
      addon.graphConstant(graph, [], addon.TF_INT32, Int32Array.of(0)).outputs[0].value,
    ]);
    const name = `function${round}`;
    const defined = addon.defineFunction(graph, name, [unused, input], [joined], [], false);
    assert.deepEqual(defined.inputs, [1]);
    addon.deleteGraph(graph);
    const [{ id, shape }] = addon.executeOp(name, [], [x], 1);
    assert.deepEqual([shape, floats(id)], [[4], [1, 2, 10, 20]]);
    addon.deleteTensor(id);
    addon.removeFunction(name);
    refused(() => addon.executeOp(name, [], [x], 1), new RegExp(name));
  }
  addon.deleteTensor(x);
}

/** A graph's operations that TensorFlow's inference or the addon refuses leave the graph usable. */
export function badGraphs() {
  const graph = addon.newGraph();
  const a = placeholder(graph, [2, 3]);
  const b = placeholder(graph, [2, 3]);
  refused(() => operation(graph, "MatMul", [a, b]), /MatMul/);
  refused(() => operation(graph, "NoSuchOp", [a]), /NoSuchOp/);
  refused(() => operation(graph, "AddV2", [a]), /AddV2/);
  refused(() => operation(graph, "AddV2", [a, 99]), /no graph value 99/);
  refused(() => operation(graph, "AddV2", [a, -1]), /no graph value -1/);
  refused(() => operation(graph, "AddV2", [a, [b]]), /AddV2/);
  refused(() => addon.graphOperation(graph, "Identity", [a], [], [99]), /no graph operation 99/);
  refused(() => operation(graph, "Cast", [a], [attribute("DstT", 99, 1)]), /unknown attribute type 99/);
  refused(() => operation(graph, "Cast", [a], [attribute("DstT", addon.TF_ATTR_FUNC, [])]), /one value|Cast/);
  refused(() => operation(graph, "Cast", [a], [attribute("DstT", addon.TF_ATTR_TYPE, 1234)]), /Cast|1234/);
  refused(() => addon.graphConstant(graph, [3], addon.TF_FLOAT, new Float32Array(2)), /bytes/);
  refused(() => addon.newGraph() && operation(12345, "Identity", [a]), /no graph with id/);
  refused(() => addon.opDefinition("NoSuchOp"), /NoSuchOp/);
  assert.ok(addon.opDefinition("MatMul").length > 20);

  const sum = operation(graph, "AddV2", [a, b]);
  addon.defineFunction(graph, "lacking", [a], [sum], [], false);
  addon.defineFunction(graph, "sum", [a, b], [sum], [], true);
  refused(() => addon.defineFunction(graph, "sum", [a], [operation(graph, "Neg", [a])], [], true), /sum/);
  const x = tensor([2, 3], addon.TF_FLOAT, new Float32Array(6).fill(2));
  const y = tensor([3, 3], addon.TF_FLOAT, new Float32Array(9));
  refused(() => addon.executeOp("lacking", [], [x], 1), /Placeholder/i);
  refused(() => addon.executeOp("sum", [], [x], 1), /./);
  refused(() => addon.executeOp("sum", [], [x, y], 1), /./);
  const [{ id }] = addon.executeOp("sum", [], [x, x], 1);
  assert.deepEqual(floats(id), [4, 4, 4, 4, 4, 4]);
  addon.deleteGraph(graph);
  refused(() => operation(graph, "Neg", [a]), /no graph with id/);
  refused(() => addon.removeFunction("never defined"), /never defined/);
  // The graphs, functions and tensors that are left are freed with the environment.
}
