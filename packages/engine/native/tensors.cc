#include "tensors.h"

#include <cstring>

#include "tensorflow/c/tf_tensor.h"
#include "tensorflow/c/tf_tstring.h"

namespace easel {

static int64_t ElementCount(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t size : shape) {
    if (size < 0) FailArgument("a tensor's shape has a negative size");
    if (__builtin_mul_overflow(count, size, &count)) FailArgument("a tensor's shape is too large");
  }
  return count;
}

TF_DataType DataTypeFrom(int64_t number) {
  // What does not fit the enumeration's bits must not become a value of it.
  if (number < TF_FLOAT || number > TF_FLOAT4_E2M1FN) {
    FailArgument("there is no TensorFlow dtype " + std::to_string(number));
  }
  return static_cast<TF_DataType>(number);
}

static TensorPtr Allocate(const std::vector<int64_t>& shape, TF_DataType dtype, size_t size_bytes) {
  TensorPtr tensor(TF_AllocateTensor(dtype, shape.data(), static_cast<int>(shape.size()), size_bytes),
                   TF_DeleteTensor);
  if (tensor == nullptr) FailArgument("cannot allocate a tensor of " + std::to_string(size_bytes) + " bytes");
  return tensor;
}

// TF_AllocateTensor's memory is freed without a look at the strings in it, which own memory of their own when long.
static void FreeStrings(void* data, size_t size_bytes, void*) {
  TF_TString* strings = static_cast<TF_TString*>(data);
  for (size_t i = 0; i < size_bytes / sizeof(TF_TString); i++) TF_TString_Dealloc(&strings[i]);
  delete[] strings;
}

static TensorPtr StringsFromJs(napi_env env, const std::vector<int64_t>& shape, napi_value values) {
  const uint32_t length = Length(env, values);
  if (length != ElementCount(shape)) FailArgument("a string tensor's values do not fit its shape");
  TF_TString* strings = new TF_TString[length];
  for (uint32_t i = 0; i < length; i++) TF_TString_Init(&strings[i]);
  TensorPtr tensor(TF_NewTensor(TF_STRING, shape.data(), static_cast<int>(shape.size()), strings,
                                length * sizeof(TF_TString), FreeStrings, nullptr),
                   TF_DeleteTensor);
  for (uint32_t i = 0; i < length; i++) {
    const TypedArray bytes = ToTypedArray(env, Element(env, values, i));
    TF_TString_Copy(&strings[i], static_cast<const char*>(bytes.data), bytes.size_bytes);
  }
  return tensor;
}

TensorPtr TensorFromJs(napi_env env, const std::vector<int64_t>& shape, TF_DataType dtype, napi_value values) {
  if (dtype == TF_STRING) return StringsFromJs(env, shape, values);
  const TypedArray bytes = ToTypedArray(env, values);
  const size_t element = TF_DataTypeSize(dtype);  // 0 for resources and variants
  if (element == 0) FailArgument("tensors of TensorFlow dtype " + std::to_string(dtype) + " cannot be made of values");
  size_t wanted = 0;
  if (__builtin_mul_overflow(static_cast<size_t>(ElementCount(shape)), element, &wanted)) {
    FailArgument("a tensor's shape is too large");
  }
  if (bytes.size_bytes != wanted) {
    FailArgument("a tensor's values have " + std::to_string(bytes.size_bytes) + " bytes, its shape and dtype take " +
                 std::to_string(wanted));
  }
  TensorPtr tensor = Allocate(shape, dtype, wanted);
  if (wanted > 0) std::memcpy(TF_TensorData(tensor.get()), bytes.data, wanted);
  return tensor;
}

napi_value Publish(napi_env env, Engine& engine, HandlePtr handle) {
  Status status;
  const int rank = TFE_TensorHandleNumDims(handle.get(), status.get());
  status.Check("reading a result's shape");
  std::vector<int64_t> shape(static_cast<size_t>(rank));
  for (int i = 0; i < rank; i++) shape[i] = TFE_TensorHandleDim(handle.get(), i, status.get());
  status.Check("reading a result's shape");
  const TF_DataType dtype = TFE_TensorHandleDataType(handle.get());
  napi_value info = NewObject(env);
  Set(env, info, "shape", Ints(env, shape));
  Set(env, info, "dtype", Number(env, dtype));
  Set(env, info, "id", Number(env, static_cast<double>(engine.handles.Insert(std::move(handle)))));
  return info;
}

napi_value CreateTensor(const Call& call) {
  const TF_DataType dtype = DataTypeFrom(ToInt(call.env, call[1]));
  const TensorPtr tensor = TensorFromJs(call.env, ToInts(call.env, call[0]), dtype, call[2]);
  Status status;
  HandlePtr handle(TFE_NewTensorHandle(tensor.get(), status.get()));
  status.Check("createTensor");
  return Number(call.env, static_cast<double>(call.engine.handles.Insert(std::move(handle))));
}

napi_value DeleteTensor(const Call& call) {
  call.engine.handles.Remove(ToInt(call.env, call[0]));
  return Undefined(call.env);
}

static napi_typedarray_type ArrayTypeOf(TF_DataType dtype) {
  switch (dtype) {
    case TF_FLOAT:
    case TF_COMPLEX64:
      return napi_float32_array;
    case TF_DOUBLE:
      return napi_float64_array;
    case TF_INT32:
      return napi_int32_array;
    case TF_UINT32:
      return napi_uint32_array;
    case TF_INT64:
      return napi_bigint64_array;
    case TF_UINT64:
      return napi_biguint64_array;
    case TF_BFLOAT16:
    case TF_HALF:
    case TF_UINT16:
      return napi_uint16_array;
    case TF_BOOL:
    case TF_UINT8:
      return napi_uint8_array;
    default:
      FailArgument("tensors of TensorFlow dtype " + std::to_string(dtype) + " cannot be read into JavaScript");
  }
}

static napi_value StringsToJs(napi_env env, const TF_Tensor* tensor) {
  const int64_t count = TF_TensorElementCount(tensor);
  const TF_TString* strings = static_cast<const TF_TString*>(TF_TensorData(tensor));
  napi_value result = NewArray(env, static_cast<size_t>(count));
  for (int64_t i = 0; i < count; i++) {
    const size_t size = TF_TString_GetSize(&strings[i]);
    void* data = nullptr;
    napi_value bytes = NewTypedArray(env, napi_uint8_array, size, size, &data);
    if (size > 0) std::memcpy(data, TF_TString_GetDataPointer(&strings[i]), size);
    SetElement(env, result, static_cast<uint32_t>(i), bytes);
  }
  return result;
}

napi_value TensorDataSync(const Call& call) {
  Status status;
  const TensorPtr tensor(
      TFE_TensorHandleResolve(call.engine.handles.Get(ToInt(call.env, call[0])), status.get()), TF_DeleteTensor);
  status.Check("reading a tensor");
  const TF_DataType dtype = TF_TensorType(tensor.get());
  if (dtype == TF_STRING) return StringsToJs(call.env, tensor.get());
  const napi_typedarray_type type = ArrayTypeOf(dtype);
  const size_t size = TF_TensorByteSize(tensor.get());
  const size_t elements = static_cast<size_t>(TF_TensorElementCount(tensor.get())) * (dtype == TF_COMPLEX64 ? 2 : 1);
  void* data = nullptr;
  napi_value result = NewTypedArray(call.env, type, elements, size, &data);
  if (size > 0) std::memcpy(data, TF_TensorData(tensor.get()), size);
  return result;
}

napi_value TensorCounts(const Call& call) {
  napi_value result = NewObject(call.env);
  Set(call.env, result, "handles", Number(call.env, static_cast<double>(call.engine.handles.count())));
  Set(call.env, result, "sizeBytes", Number(call.env, static_cast<double>(call.engine.handles.size_bytes())));
  return result;
}

napi_value GetNumOfTensors(const Call& call) {
  return Number(call.env, static_cast<double>(call.engine.handles.count()));
}

}  // namespace easel
