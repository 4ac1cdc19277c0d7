// Reading and making JavaScript values. Every function throws Failure or PendingException (failure.h) on a
// value of the wrong kind; nothing here knows about TensorFlow.
#pragma once

#include <node_api.h>

#include <cstdint>
#include <string>
#include <vector>

namespace easel {

void CheckNapi(napi_env env, napi_status status, const char* doing);

bool IsArray(napi_env env, napi_value value);
bool IsTypedArray(napi_env env, napi_value value);
bool IsNullish(napi_env env, napi_value value);

std::string ToString(napi_env env, napi_value value);  // UTF-8
int64_t ToInt(napi_env env, napi_value value);
double ToDouble(napi_env env, napi_value value);
bool ToBool(napi_env env, napi_value value);
std::vector<int64_t> ToInts(napi_env env, napi_value array);

uint32_t Length(napi_env env, napi_value array);
napi_value Element(napi_env env, napi_value array, uint32_t index);
napi_value Property(napi_env env, napi_value object, const char* name);

// The memory behind a typed array. Valid until control returns to JavaScript.
struct TypedArray {
  napi_typedarray_type type;
  size_t length;
  size_t size_bytes;
  void* data;
};
TypedArray ToTypedArray(napi_env env, napi_value value);

napi_value Number(napi_env env, double value);
napi_value Boolean(napi_env env, bool value);
napi_value String(napi_env env, const std::string& value);
napi_value Ints(napi_env env, const std::vector<int64_t>& values);
napi_value NewArray(napi_env env, size_t length);
napi_value NewObject(napi_env env);
napi_value Undefined(napi_env env);
// A new typed array over its own zero-copy ArrayBuffer; `*data` is where the caller writes.
napi_value NewTypedArray(napi_env env, napi_typedarray_type type, size_t length, size_t size_bytes, void** data);
void Set(napi_env env, napi_value object, const char* name, napi_value value);
void SetElement(napi_env env, napi_value array, uint32_t index, napi_value value);

}  // namespace easel
