// The addon's table of functions and constants, and the engine that each JavaScript environment owns.
#include "cached-attention.h"
#include "call.h"
#include "eager-ops.h"
#include "graphs.h"
#include "tensors.h"
#include "worker-threads.h"

namespace easel {

napi_value MakeError(napi_env env, const char* code, const char* message) {
  napi_value js_code = nullptr, js_message = nullptr, error = nullptr;
  napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &js_code);
  napi_create_string_utf8(env, message, NAPI_AUTO_LENGTH, &js_message);
  napi_create_error(env, js_code, js_message, &error);
  return error;
}

namespace {

napi_value Start(const Call& call) {  // (serialized tensorflow.ConfigProto, threads) -> names of the kernels XLA can call
  const TypedArray config = ToTypedArray(call.env, call[0]);
  StartWorkerThreads(static_cast<size_t>(ToInt(call.env, call[1])));
  call.engine.Start(std::string(static_cast<const char*>(config.data), config.size_bytes));
  if (!RegisterCachedAttention()) return NewArray(call.env, 0);
  napi_value kernels = NewArray(call.env, 1);
  SetElement(call.env, kernels, 0, String(call.env, kCachedAttention));
  return kernels;
}

napi_value ListDevices(const Call& call) {  // () -> { name, type, sizeBytes }[]
  Status status;
  std::unique_ptr<TF_DeviceList, void (*)(TF_DeviceList*)> devices(
      TFE_ContextListDevices(call.engine.context(), status.get()), TF_DeleteDeviceList);
  status.Check("listing devices");
  const int count = TF_DeviceListCount(devices.get());
  napi_value result = NewArray(call.env, static_cast<size_t>(count));
  for (int i = 0; i < count; i++) {
    napi_value device = NewObject(call.env);
    Set(call.env, device, "name", String(call.env, TF_DeviceListName(devices.get(), i, status.get())));
    Set(call.env, device, "type", String(call.env, TF_DeviceListType(devices.get(), i, status.get())));
    const int64_t size_bytes = TF_DeviceListMemoryBytes(devices.get(), i, status.get());
    Set(call.env, device, "sizeBytes", Number(call.env, static_cast<double>(size_bytes)));
    status.Check("listing devices");
    SetElement(call.env, result, static_cast<uint32_t>(i), device);
  }
  return result;
}

napi_value IsUsingGpuDevice(const Call& call) {
  Status status;
  std::unique_ptr<TF_DeviceList, void (*)(TF_DeviceList*)> devices(
      TFE_ContextListDevices(call.engine.context(), status.get()), TF_DeleteDeviceList);
  status.Check("listing devices");
  for (int i = 0; i < TF_DeviceListCount(devices.get()); i++) {
    if (std::string(TF_DeviceListType(devices.get(), i, status.get())) == "GPU") return Boolean(call.env, true);
  }
  return Boolean(call.env, false);
}

napi_value RefuseSavedModel(const Call&) {
  FailArgument("saved models are not part of this engine: load weights from safetensors instead");
}

napi_value NoSavedModels(const Call& call) { return Number(call.env, 0); }

struct Method {
  const char* name;
  napi_callback callback;
};

const Method kMethods[] = {
    {"start", Guarded<Start>},
    {"listDevices", Guarded<ListDevices>},
    {"isUsingGpuDevice", Guarded<IsUsingGpuDevice>},
    {"createTensor", Guarded<CreateTensor>},
    {"deleteTensor", Guarded<DeleteTensor>},
    {"tensorDataSync", Guarded<TensorDataSync>},
    {"tensorCounts", Guarded<TensorCounts>},
    {"getNumOfTensors", Guarded<GetNumOfTensors>},
    {"executeOp", Guarded<ExecuteOp>},
    {"executeOpAsync", Guarded<ExecuteOpAsync>},
    {"newGraph", Guarded<NewGraph>},
    {"deleteGraph", Guarded<DeleteGraph>},
    {"graphOperation", Guarded<GraphOperation>},
    {"graphConstant", Guarded<GraphConstant>},
    {"opDefinition", Guarded<OpDefinition>},
    {"defineFunction", Guarded<DefineFunction>},
    {"removeFunction", Guarded<RemoveFunction>},
    {"loadSavedModel", Guarded<RefuseSavedModel>},
    {"runSavedModel", Guarded<RefuseSavedModel>},
    {"deleteSavedModel", Guarded<RefuseSavedModel>},
    {"getNumOfSavedModels", Guarded<NoSavedModels>},
};

struct Constant {
  const char* name;
  int value;
};

const Constant kConstants[] = {
    {"TF_FLOAT", TF_FLOAT},
    {"TF_INT32", TF_INT32},
    {"TF_INT64", TF_INT64},
    {"TF_BOOL", TF_BOOL},
    {"TF_COMPLEX64", TF_COMPLEX64},
    {"TF_STRING", TF_STRING},
    {"TF_RESOURCE", TF_RESOURCE},
    {"TF_UINT8", TF_UINT8},
    {"TF_UINT64", TF_UINT64},
    {"TF_BFLOAT16", TF_BFLOAT16},
    {"TF_HALF", TF_HALF},
    {"TF_ATTR_STRING", TF_ATTR_STRING},
    {"TF_ATTR_INT", TF_ATTR_INT},
    {"TF_ATTR_FLOAT", TF_ATTR_FLOAT},
    {"TF_ATTR_BOOL", TF_ATTR_BOOL},
    {"TF_ATTR_TYPE", TF_ATTR_TYPE},
    {"TF_ATTR_SHAPE", TF_ATTR_SHAPE},
    {"TF_ATTR_FUNC", TF_ATTR_FUNC},
};

napi_value Init(napi_env env, napi_value exports) {
  napi_set_instance_data(
      env, new Engine(), [](napi_env, void* data, void*) { delete static_cast<Engine*>(data); }, nullptr);
  for (const Method& method : kMethods) {
    napi_value function;
    napi_create_function(env, method.name, NAPI_AUTO_LENGTH, method.callback, nullptr, &function);
    napi_set_named_property(env, exports, method.name, function);
  }
  for (const Constant& constant : kConstants) {
    napi_value value;
    napi_create_int32(env, constant.value, &value);
    napi_set_named_property(env, exports, constant.name, value);
  }
  napi_value version;
  napi_create_string_utf8(env, TF_Version(), NAPI_AUTO_LENGTH, &version);
  napi_set_named_property(env, exports, "TF_Version", version);
  return exports;
}

}  // namespace

}  // namespace easel

NAPI_MODULE_INIT() { return easel::Init(env, exports); }
