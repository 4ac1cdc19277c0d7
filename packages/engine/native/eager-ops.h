// Ops and functions executed at once: op by name, attributes, inputs by tensor id.
#pragma once

#include "call.h"

namespace easel {

// An op ready to execute. It holds references to its input handles, so that JavaScript may dispose its
// tensors while the op runs elsewhere.
class PreparedOp {
 public:
  // Arguments of the call: (name, attributes, input ids, number of outputs).
  explicit PreparedOp(const Call& call);
  ~PreparedOp();
  PreparedOp(const PreparedOp&) = delete;
  PreparedOp& operator=(const PreparedOp&) = delete;

  // Touches neither JavaScript nor the handle table: may run on any thread.
  void Execute(TF_Status* status);
  const std::string& name() const { return name_; }
  std::vector<HandlePtr> TakeResults();

 private:
  void SetAttributes(const Call& call, napi_value attributes);

  std::string name_;
  TFE_Op* op_ = nullptr;
  std::vector<TFE_TensorHandle*> results_;
};

napi_value PublishAll(napi_env env, Engine& engine, std::vector<HandlePtr> handles);
napi_value ExecuteOp(const Call& call);       // (name, attributes, ids, outputs) -> [{ id, shape, dtype }]
napi_value ExecuteOpAsync(const Call& call);  // the same, as a promise; executes on the libuv thread pool

}  // namespace easel
