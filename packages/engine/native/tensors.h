// Tensors in and out of JavaScript.
#pragma once

#include <memory>

#include "call.h"

namespace easel {

using TensorPtr = std::unique_ptr<TF_Tensor, void (*)(TF_Tensor*)>;

// Throws Failure on a number that no TensorFlow dtype has.
TF_DataType DataTypeFrom(int64_t number);

// Copies JavaScript values into a new TF_Tensor. `values` is a typed array whose byte length fits the shape
// and dtype, or an array of Uint8Array for strings.
TensorPtr TensorFromJs(napi_env env, const std::vector<int64_t>& shape, TF_DataType dtype, napi_value values);

// Takes the handle into the table and describes it as { id, shape, dtype }.
napi_value Publish(napi_env env, Engine& engine, HandlePtr handle);

napi_value CreateTensor(const Call& call);    // (shape, dtype, values) -> id
napi_value DeleteTensor(const Call& call);    // (id)
napi_value TensorDataSync(const Call& call);  // (id) -> typed array, or array of Uint8Array for strings
napi_value TensorCounts(const Call& call);    // () -> { handles, sizeBytes }
napi_value GetNumOfTensors(const Call& call);

}  // namespace easel
