// Building graphs op by op (shapes and dtypes come from TensorFlow's own inference, nothing is executed), and
// turning a graph into a function of the eager context.
#pragma once

#include "call.h"

namespace easel {

napi_value NewGraph(const Call& call);     // () -> graph
napi_value DeleteGraph(const Call& call);  // (graph)
// (graph, op name, inputs: (value | value[])[], attributes, control operations) -> { operation, outputs }
// where outputs are { value, dtype, shape } and an unknown size or rank shows as -1 or null.
napi_value GraphOperation(const Call& call);
napi_value GraphConstant(const Call& call);    // (graph, shape, dtype, values) -> the same
napi_value OpDefinition(const Call& call);     // (op name) -> serialized tensorflow.OpDef
// (graph, name, inputs, outputs, control operations, keep all inputs) -> { inputs: kept indices,
// operations: [type, count][] }. Operations that no output or control operation needs are left out.
napi_value DefineFunction(const Call& call);
napi_value RemoveFunction(const Call& call);  // (name)

}  // namespace easel
