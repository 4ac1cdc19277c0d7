#include "graphs.h"

#include <algorithm>

#include "attributes.h"
#include "tensors.h"

namespace easel {

napi_value NewGraph(const Call& call) { return Number(call.env, static_cast<double>(call.engine.AddGraph())); }

napi_value DeleteGraph(const Call& call) {
  call.engine.DeleteGraph(ToInt(call.env, call[0]));
  return Undefined(call.env);
}

static napi_value ShapeOf(napi_env env, const Graph& graph, TF_Output output) {
  Status status;
  const int rank = TF_GraphGetTensorNumDims(graph.graph, output, status.get());
  status.Check("reading an inferred shape");
  napi_value null;
  CheckNapi(env, napi_get_null(env, &null), "making null");
  if (rank < 0) return null;
  std::vector<int64_t> shape(static_cast<size_t>(rank));
  TF_GraphGetTensorShape(graph.graph, output, shape.data(), rank, status.get());
  status.Check("reading an inferred shape");
  return Ints(env, shape);
}

// Registers the new operation and its outputs with the graph and describes them.
static napi_value Register(napi_env env, Graph& graph, TF_Operation* operation) {
  napi_value result = NewObject(env);
  Set(env, result, "operation", Number(env, static_cast<double>(graph.operations.size())));
  graph.operations.push_back(operation);
  const int count = TF_OperationNumOutputs(operation);
  napi_value outputs = NewArray(env, static_cast<size_t>(count));
  for (int i = 0; i < count; i++) {
    const TF_Output output{operation, i};
    napi_value description = NewObject(env);
    Set(env, description, "value", Number(env, static_cast<double>(graph.values.size())));
    Set(env, description, "dtype", Number(env, TF_OperationOutputType(output)));
    Set(env, description, "shape", ShapeOf(env, graph, output));
    graph.values.push_back(output);
    SetElement(env, outputs, static_cast<uint32_t>(i), description);
  }
  Set(env, result, "outputs", outputs);
  return result;
}

static std::string NodeName(const Graph& graph, const std::string& type) {
  return type + "_" + std::to_string(graph.operations.size());
}

static void AddInputs(const Call& call, const Graph& graph, TF_OperationDescription* description,
                      napi_value inputs) {
  const uint32_t count = Length(call.env, inputs);
  for (uint32_t i = 0; i < count; i++) {
    napi_value input = Element(call.env, inputs, i);
    if (!IsArray(call.env, input)) {
      TF_AddInput(description, graph.Value(ToInt(call.env, input)));
      continue;
    }
    std::vector<TF_Output> list;
    for (const int64_t value : ToInts(call.env, input)) list.push_back(graph.Value(value));
    TF_AddInputList(description, list.data(), static_cast<int>(list.size()));
  }
}

// A description must always be finished: TensorFlow frees it only then. So values are read and checked first
// where that can fail, and a failure in between finishes the half-made operation before it propagates.
napi_value GraphOperation(const Call& call) {
  Graph& graph = call.engine.GetGraph(ToInt(call.env, call[0]));
  const std::string type = ToString(call.env, call[1]);
  TF_OperationDescription* description =
      TF_NewOperation(graph.graph, type.c_str(), NodeName(graph, type).c_str());
  Status status;
  try {
    AddInputs(call, graph, description, call[2]);
    const uint32_t attributes = Length(call.env, call[3]);
    for (uint32_t i = 0; i < attributes; i++) {
      napi_value object = Element(call.env, call[3], i);
      const Attribute attribute = ReadAttribute(call.env, object);
      if (attribute.absent) continue;
      SetGraphAttribute(description, attribute, ToBool(call.env, Property(call.env, object, "list")));
    }
    for (const int64_t control : ToInts(call.env, call[4])) {
      TF_AddControlInput(description, graph.Operation(control));
    }
  } catch (...) {
    TF_FinishOperation(description, status.get());
    throw;
  }
  TF_Operation* operation = TF_FinishOperation(description, status.get());
  status.Check(type);
  return Register(call.env, graph, operation);
}

napi_value GraphConstant(const Call& call) {
  Graph& graph = call.engine.GetGraph(ToInt(call.env, call[0]));
  const TF_DataType dtype = DataTypeFrom(ToInt(call.env, call[2]));
  const TensorPtr tensor = TensorFromJs(call.env, ToInts(call.env, call[1]), dtype, call[3]);
  Status status;
  TF_OperationDescription* description = TF_NewOperation(graph.graph, "Const", NodeName(graph, "Const").c_str());
  TF_SetAttrTensor(description, "value", tensor.get(), status.get());
  TF_SetAttrType(description, "dtype", dtype);
  TF_Operation* operation = TF_FinishOperation(description, status.get());
  status.Check("Const");
  return Register(call.env, graph, operation);
}

napi_value OpDefinition(const Call& call) {
  const std::string name = ToString(call.env, call[0]);
  const Graph scratch;
  Status status;
  std::unique_ptr<TF_Buffer, void (*)(TF_Buffer*)> buffer(TF_NewBuffer(), TF_DeleteBuffer);
  TF_GraphGetOpDef(scratch.graph, name.c_str(), buffer.get(), status.get());
  status.Check(name);
  void* data = nullptr;
  napi_value result = NewTypedArray(call.env, napi_uint8_array, buffer->length, buffer->length, &data);
  std::copy_n(static_cast<const char*>(buffer->data), buffer->length, static_cast<char*>(data));
  return result;
}

}  // namespace easel
