// Op attributes as JavaScript gives them, { name, type: TF_AttrType, value }, and how they are set on eager
// ops and on graph operations.
#pragma once

#include <string>
#include <vector>

#include "js-values.h"
#include "tensorflow/c/c_api.h"
#include "tensorflow/c/eager/c_api.h"

namespace easel {

struct Attribute {
  std::string name;
  TF_AttrType type;
  bool absent;   // the value is undefined or null: leave the default
  bool is_list;  // the value is an array
  std::vector<int64_t> ints;  // int and bool values; one element when not a list
  std::vector<TF_DataType> types;
  std::vector<float> floats;
  std::vector<std::string> strings;  // strings, bytes and function names
  std::vector<std::vector<int64_t>> shapes;
};

Attribute ReadAttribute(napi_env env, napi_value object);

// `is_list` is what the op's definition says; a single value is given to a list as its one element.
void SetEagerAttribute(TFE_Op* op, const Attribute& attribute, bool is_list, const std::string& op_name);
void SetGraphAttribute(TF_OperationDescription* op, const Attribute& attribute, bool is_list);

}  // namespace easel
