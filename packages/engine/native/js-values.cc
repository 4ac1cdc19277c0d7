#include "js-values.h"

#include "failure.h"

namespace easel {

void CheckNapi(napi_env env, napi_status status, const char* doing) {
  if (status == napi_ok) return;
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (pending) throw PendingException();
  const napi_extended_error_info* info = nullptr;
  napi_get_last_error_info(env, &info);
  const char* reason = info != nullptr && info->error_message != nullptr ? info->error_message : "unknown";
  FailArgument(std::string(doing) + ": " + reason);
}

bool IsArray(napi_env env, napi_value value) {
  bool result = false;
  CheckNapi(env, napi_is_array(env, value, &result), "checking for an array");
  return result;
}

bool IsTypedArray(napi_env env, napi_value value) {
  bool result = false;
  CheckNapi(env, napi_is_typedarray(env, value, &result), "checking for a typed array");
  return result;
}

bool IsNullish(napi_env env, napi_value value) {
  napi_valuetype type;
  CheckNapi(env, napi_typeof(env, value, &type), "reading a value");
  return type == napi_undefined || type == napi_null;
}

std::string ToString(napi_env env, napi_value value) {
  size_t length = 0;
  CheckNapi(env, napi_get_value_string_utf8(env, value, nullptr, 0, &length), "reading a string");
  std::string result(length, '\0');
  CheckNapi(env, napi_get_value_string_utf8(env, value, result.data(), length + 1, &length), "reading a string");
  return result;
}

int64_t ToInt(napi_env env, napi_value value) {
  int64_t result = 0;
  CheckNapi(env, napi_get_value_int64(env, value, &result), "reading an integer");
  return result;
}

double ToDouble(napi_env env, napi_value value) {
  double result = 0;
  CheckNapi(env, napi_get_value_double(env, value, &result), "reading a number");
  return result;
}

bool ToBool(napi_env env, napi_value value) {
  bool result = false;
  CheckNapi(env, napi_get_value_bool(env, value, &result), "reading a boolean");
  return result;
}

uint32_t Length(napi_env env, napi_value array) {
  uint32_t length = 0;
  CheckNapi(env, napi_get_array_length(env, array, &length), "reading an array's length");
  return length;
}

napi_value Element(napi_env env, napi_value array, uint32_t index) {
  napi_value result;
  CheckNapi(env, napi_get_element(env, array, index, &result), "reading an array's element");
  return result;
}

napi_value Property(napi_env env, napi_value object, const char* name) {
  napi_value result;
  CheckNapi(env, napi_get_named_property(env, object, name, &result), name);
  return result;
}

std::vector<int64_t> ToInts(napi_env env, napi_value array) {
  const uint32_t length = Length(env, array);
  std::vector<int64_t> result(length);
  for (uint32_t i = 0; i < length; i++) result[i] = ToInt(env, Element(env, array, i));
  return result;
}

static size_t ElementSize(napi_typedarray_type type) {
  switch (type) {
    case napi_int8_array:
    case napi_uint8_array:
    case napi_uint8_clamped_array:
      return 1;
    case napi_int16_array:
    case napi_uint16_array:
      return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array:
      return 4;
    default:
      return 8;
  }
}

TypedArray ToTypedArray(napi_env env, napi_value value) {
  TypedArray result{};
  CheckNapi(env,
            napi_get_typedarray_info(env, value, &result.type, &result.length, &result.data, nullptr, nullptr),
            "reading a typed array");
  result.size_bytes = result.length * ElementSize(result.type);
  return result;
}

napi_value Number(napi_env env, double value) {
  napi_value result;
  CheckNapi(env, napi_create_double(env, value, &result), "making a number");
  return result;
}

napi_value Boolean(napi_env env, bool value) {
  napi_value result;
  CheckNapi(env, napi_get_boolean(env, value, &result), "making a boolean");
  return result;
}

napi_value String(napi_env env, const std::string& value) {
  napi_value result;
  CheckNapi(env, napi_create_string_utf8(env, value.data(), value.size(), &result), "making a string");
  return result;
}

napi_value NewArray(napi_env env, size_t length) {
  napi_value result;
  CheckNapi(env, napi_create_array_with_length(env, length, &result), "making an array");
  return result;
}

napi_value NewObject(napi_env env) {
  napi_value result;
  CheckNapi(env, napi_create_object(env, &result), "making an object");
  return result;
}

napi_value Undefined(napi_env env) {
  napi_value result;
  CheckNapi(env, napi_get_undefined(env, &result), "making undefined");
  return result;
}

napi_value Ints(napi_env env, const std::vector<int64_t>& values) {
  napi_value result = NewArray(env, values.size());
  for (size_t i = 0; i < values.size(); i++) {
    SetElement(env, result, static_cast<uint32_t>(i), Number(env, static_cast<double>(values[i])));
  }
  return result;
}

napi_value NewTypedArray(napi_env env, napi_typedarray_type type, size_t length, size_t size_bytes, void** data) {
  napi_value buffer;
  napi_value result;
  CheckNapi(env, napi_create_arraybuffer(env, size_bytes, data, &buffer), "allocating a JavaScript buffer");
  CheckNapi(env, napi_create_typedarray(env, type, length, buffer, 0, &result), "making a typed array");
  return result;
}

void Set(napi_env env, napi_value object, const char* name, napi_value value) {
  CheckNapi(env, napi_set_named_property(env, object, name, value), name);
}

void SetElement(napi_env env, napi_value array, uint32_t index, napi_value value) {
  CheckNapi(env, napi_set_element(env, array, index, value), "writing an array's element");
}

}  // namespace easel
