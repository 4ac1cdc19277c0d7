#include "eager-ops.h"

#include "attributes.h"
#include "tensors.h"

namespace easel {

static constexpr int64_t kMaxOutputs = 1 << 20;

PreparedOp::PreparedOp(const Call& call) : name_(ToString(call.env, call[0])) {
  Status status;
  op_ = TFE_NewOp(call.engine.context(), name_.c_str(), status.get());
  status.Check(name_);
  try {
    const uint32_t inputs = Length(call.env, call[2]);
    for (uint32_t i = 0; i < inputs; i++) {
      TFE_OpAddInput(op_, call.engine.handles.Get(ToInt(call.env, Element(call.env, call[2], i))), status.get());
      status.Check(name_);
    }
    SetAttributes(call, call[1]);
    const int64_t outputs = ToInt(call.env, call[3]);
    if (outputs < 0 || outputs > kMaxOutputs) {
      FailArgument(name_ + ": " + std::to_string(outputs) + " is no number of outputs");
    }
    results_.resize(static_cast<size_t>(outputs), nullptr);
  } catch (...) {
    TFE_DeleteOp(op_);
    throw;
  }
}

PreparedOp::~PreparedOp() {
  TFE_DeleteOp(op_);
  for (TFE_TensorHandle* handle : results_) {
    if (handle != nullptr) TFE_DeleteTensorHandle(handle);
  }
}

void PreparedOp::SetAttributes(const Call& call, napi_value attributes) {
  const uint32_t count = Length(call.env, attributes);
  Status status;
  for (uint32_t i = 0; i < count; i++) {
    const Attribute attribute = ReadAttribute(call.env, Element(call.env, attributes, i));
    if (attribute.absent) continue;
    unsigned char is_list = attribute.is_list ? 1 : 0;
    // A function's own attributes have no definition to ask; the value's form decides then.
    TFE_OpGetAttrType(op_, attribute.name.c_str(), &is_list, status.get());
    if (!status.ok()) is_list = attribute.is_list ? 1 : 0;
    status.Clear();
    SetEagerAttribute(op_, attribute, is_list != 0, name_);
  }
}

void PreparedOp::Execute(TF_Status* status) {
  int count = static_cast<int>(results_.size());
  TFE_Execute(op_, results_.data(), &count, status);
  // An op may have fewer outputs than were asked for.
  if (count >= 0 && static_cast<size_t>(count) < results_.size()) results_.resize(static_cast<size_t>(count));
}

std::vector<HandlePtr> PreparedOp::TakeResults() {
  std::vector<HandlePtr> handles;
  for (TFE_TensorHandle*& handle : results_) {
    handles.emplace_back(handle);
    handle = nullptr;
  }
  return handles;
}

napi_value PublishAll(napi_env env, Engine& engine, std::vector<HandlePtr> handles) {
  napi_value result = NewArray(env, handles.size());
  for (size_t i = 0; i < handles.size(); i++) {
    SetElement(env, result, static_cast<uint32_t>(i), Publish(env, engine, std::move(handles[i])));
  }
  return result;
}

napi_value ExecuteOp(const Call& call) {
  PreparedOp op(call);
  Status status;
  op.Execute(status.get());
  status.Check(op.name());
  return PublishAll(call.env, call.engine, op.TakeResults());
}

}  // namespace easel
