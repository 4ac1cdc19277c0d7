#include <map>
#include <unordered_set>

#include "graphs.h"

namespace easel {

namespace {

using FunctionPtr = std::unique_ptr<TF_Function, void (*)(TF_Function*)>;
using Operations = std::unordered_set<const TF_Operation*>;

// Everything that the outputs and control operations need, found by walking edges backwards.
Operations LiveOperations(const std::vector<TF_Output>& outputs, const std::vector<TF_Operation*>& controls) {
  Operations live;
  std::vector<TF_Operation*> pending(controls);
  for (const TF_Output& output : outputs) pending.push_back(output.oper);
  while (!pending.empty()) {
    TF_Operation* operation = pending.back();
    pending.pop_back();
    if (!live.insert(operation).second) continue;
    const int inputs = TF_OperationNumInputs(operation);
    for (int i = 0; i < inputs; i++) pending.push_back(TF_OperationInput({operation, i}).oper);
    std::vector<TF_Operation*> before(static_cast<size_t>(TF_OperationNumControlInputs(operation)));
    TF_OperationGetControlInputs(operation, before.data(), static_cast<int>(before.size()));
    pending.insert(pending.end(), before.begin(), before.end());
  }
  return live;
}

}  // namespace

napi_value DefineFunction(const Call& call) {
  const Graph& graph = call.engine.GetGraph(ToInt(call.env, call[0]));
  const std::string name = ToString(call.env, call[1]);
  const bool keep_inputs = ToBool(call.env, call[5]);
  std::vector<TF_Output> outputs;
  std::vector<TF_Operation*> controls;
  for (const int64_t value : ToInts(call.env, call[3])) outputs.push_back(graph.Value(value));
  for (const int64_t operation : ToInts(call.env, call[4])) controls.push_back(graph.Operation(operation));
  const Operations live = LiveOperations(outputs, controls);

  std::vector<TF_Output> inputs;
  std::vector<int64_t> kept;
  Operations placeholders;
  const std::vector<int64_t> wanted = ToInts(call.env, call[2]);
  for (size_t i = 0; i < wanted.size(); i++) {
    const TF_Output input = graph.Value(wanted[i]);
    placeholders.insert(input.oper);
    if (!keep_inputs && live.count(input.oper) == 0) continue;
    inputs.push_back(input);
    kept.push_back(static_cast<int64_t>(i));
  }
  std::vector<const TF_Operation*> body;
  std::map<std::string, int64_t> types;
  for (const TF_Operation* operation : graph.operations) {
    if (live.count(operation) == 0 || placeholders.count(operation) > 0) continue;
    body.push_back(operation);
    types[TF_OperationOpType(const_cast<TF_Operation*>(operation))]++;
  }

  Status status;
  FunctionPtr function(
      TF_GraphToFunctionWithControlOutputs(
          graph.graph, name.c_str(), 0, static_cast<int>(body.size()), body.data(), static_cast<int>(inputs.size()),
          inputs.data(), static_cast<int>(outputs.size()), outputs.data(), nullptr,
          static_cast<int>(controls.size()), controls.data(), nullptr, nullptr, nullptr, status.get()),
      TF_DeleteFunction);
  status.Check("defining " + name);
  TFE_ContextAddFunction(call.engine.context(), function.get(), status.get());
  status.Check("adding " + name);

  napi_value operations = NewArray(call.env, types.size());
  uint32_t index = 0;
  for (const auto& [type, count] : types) {
    napi_value pair = NewArray(call.env, 2);
    SetElement(call.env, pair, 0, String(call.env, type));
    SetElement(call.env, pair, 1, Number(call.env, static_cast<double>(count)));
    SetElement(call.env, operations, index++, pair);
  }
  napi_value result = NewObject(call.env);
  Set(call.env, result, "inputs", Ints(call.env, kept));
  Set(call.env, result, "operations", operations);
  return result;
}

napi_value RemoveFunction(const Call& call) {
  const std::string name = ToString(call.env, call[0]);
  Status status;
  TFE_ContextRemoveFunction(call.engine.context(), name.c_str(), status.get());
  status.Check("removing " + name);
  return Undefined(call.env);
}

}  // namespace easel
