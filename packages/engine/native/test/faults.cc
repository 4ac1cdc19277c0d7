// Deliberate mistakes with the addon's own classes, one function each, for the control of the sanitizer run: each must
// end the process with a report that names it. An addon of its own, linked with engine.cc; never part of the product.
#include <node_api.h>

#include <cstdint>
#include <limits>

#include "engine.h"

namespace {

using easel::Engine;
using easel::HandlePtr;
using easel::HandleTable;

// The optimiser must not see through the mistakes.
template <typename T>
T* Opaque(T* pointer) {
  asm volatile("" : "+r"(pointer) : : "memory");
  return pointer;
}

HandlePtr SomeTensor() {
  TF_Tensor* tensor = TF_AllocateTensor(TF_FLOAT, nullptr, 0, sizeof(float));
  TF_Status* status = TF_NewStatus();
  HandlePtr handle(TFE_NewTensorHandle(tensor, status));
  TF_DeleteStatus(status);
  TF_DeleteTensor(tensor);
  return handle;
}

// A graph used after its deletion.
napi_value UseAfterFree(napi_env, napi_callback_info) {
  Engine engine;
  const int64_t id = engine.AddGraph();
  easel::Graph* graph = Opaque(&engine.GetGraph(id));
  engine.DeleteGraph(id);
  graph->operations.push_back(nullptr);
  return nullptr;
}

// A table deleted twice.
napi_value DoubleFree(napi_env, napi_callback_info) {
  HandleTable* table = Opaque(new HandleTable());
  operator delete(table);
  operator delete(Opaque(table));
  return nullptr;
}

// One element past the end.
napi_value Overflow(napi_env, napi_callback_info) {
  int64_t* sizes = Opaque(new int64_t[4]);
  for (int i = 0; i <= 4; i++) sizes[i] = i;
  delete[] sizes;
  return nullptr;
}

// A size that wraps around.
napi_value UndefinedBehaviour(napi_env, napi_callback_info) {
  int64_t size = std::numeric_limits<int64_t>::max();
  Opaque(&size);
  size *= 2;
  Opaque(&size);
  return nullptr;
}

// A table with a tensor in it that nobody frees.
napi_value Leak(napi_env, napi_callback_info) {
  HandleTable* table = new HandleTable();
  table->Insert(SomeTensor());
  Opaque(table);
  return nullptr;
}

// A tensor handle of TensorFlow that nobody frees.
napi_value LeakHandle(napi_env, napi_callback_info) {
  Opaque(SomeTensor().release());
  return nullptr;
}

struct Fault {
  const char* name;
  napi_callback commit;
};

const Fault kFaults[] = {
    {"useAfterFree", UseAfterFree}, {"doubleFree", DoubleFree},
    {"overflow", Overflow},         {"undefinedBehaviour", UndefinedBehaviour},
    {"leak", Leak},                 {"leakHandle", LeakHandle},
};

}  // namespace

NAPI_MODULE_INIT() {
  for (const Fault& fault : kFaults) {
    napi_value function;
    napi_create_function(env, fault.name, NAPI_AUTO_LENGTH, fault.commit, nullptr, &function);
    napi_set_named_property(env, exports, fault.name, function);
  }
  return exports;
}
