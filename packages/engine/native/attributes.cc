#include "attributes.h"

#include "failure.h"
#include "tensors.h"

namespace easel {

static std::string ToBytes(napi_env env, napi_value value) {
  if (!IsTypedArray(env, value)) return ToString(env, value);
  const TypedArray bytes = ToTypedArray(env, value);
  return std::string(static_cast<const char*>(bytes.data), bytes.size_bytes);
}

static void ReadValue(napi_env env, napi_value value, Attribute* attribute) {
  switch (attribute->type) {
    case TF_ATTR_INT:
      attribute->ints.push_back(ToInt(env, value));
      break;
    case TF_ATTR_TYPE:
      attribute->types.push_back(DataTypeFrom(ToInt(env, value)));
      break;
    case TF_ATTR_BOOL:
      attribute->ints.push_back(ToBool(env, value) ? 1 : 0);
      break;
    case TF_ATTR_FLOAT:
      attribute->floats.push_back(static_cast<float>(ToDouble(env, value)));
      break;
    case TF_ATTR_STRING:
    case TF_ATTR_FUNC:
      attribute->strings.push_back(ToBytes(env, value));
      break;
    case TF_ATTR_SHAPE:
      attribute->shapes.push_back(ToInts(env, value));
      break;
    default:
      FailArgument("attribute " + attribute->name + ": values of its type cannot be passed");
  }
}

Attribute ReadAttribute(napi_env env, napi_value object) {
  Attribute attribute{};
  attribute.name = ToString(env, Property(env, object, "name"));
  const int64_t type = ToInt(env, Property(env, object, "type"));
  if (type < TF_ATTR_STRING || type > TF_ATTR_FUNC) {
    FailArgument("attribute " + attribute.name + ": unknown attribute type " + std::to_string(type));
  }
  attribute.type = static_cast<TF_AttrType>(type);
  napi_value value = Property(env, object, "value");
  attribute.absent = IsNullish(env, value);
  if (attribute.absent) return attribute;
  attribute.is_list = IsArray(env, value);
  if (attribute.type == TF_ATTR_SHAPE && attribute.is_list) {
    // A shape is itself an array: a list of shapes is an array of arrays.
    attribute.is_list = Length(env, value) > 0 && IsArray(env, Element(env, value, 0));
  }
  if (!attribute.is_list) {
    ReadValue(env, value, &attribute);
    return attribute;
  }
  const uint32_t count = Length(env, value);
  for (uint32_t i = 0; i < count; i++) ReadValue(env, Element(env, value, i), &attribute);
  return attribute;
}

// Lists as the C API wants them: parallel arrays of pointers and lengths.
struct Lists {
  explicit Lists(const Attribute& attribute) {
    for (const int64_t value : attribute.ints) bools.push_back(value != 0);
    for (const std::string& text : attribute.strings) {
      texts.push_back(text.data());
      text_lengths.push_back(text.size());
    }
    for (const std::vector<int64_t>& shape : attribute.shapes) {
      dims.push_back(shape.data());
      ranks.push_back(static_cast<int>(shape.size()));
    }
  }
  std::vector<unsigned char> bools;
  std::vector<const void*> texts;
  std::vector<size_t> text_lengths;
  std::vector<const int64_t*> dims;
  std::vector<int> ranks;
};

static void RequireOne(const Attribute& attribute) {
  if (attribute.is_list) FailArgument("attribute " + attribute.name + " takes one value, not a list");
}

void SetEagerAttribute(TFE_Op* op, const Attribute& a, bool is_list, const std::string& op_name) {
  const char* name = a.name.c_str();
  const int ints = static_cast<int>(a.ints.size());
  const int strings = static_cast<int>(a.strings.size());
  Lists lists(a);
  Status status;
  // A list of functions has no form here.
  if (!is_list || a.type == TF_ATTR_FUNC) RequireOne(a);
  switch (a.type) {
    case TF_ATTR_INT:
      if (is_list) TFE_OpSetAttrIntList(op, name, a.ints.data(), ints);
      else TFE_OpSetAttrInt(op, name, a.ints[0]);
      break;
    case TF_ATTR_TYPE:
      if (is_list) TFE_OpSetAttrTypeList(op, name, a.types.data(), static_cast<int>(a.types.size()));
      else TFE_OpSetAttrType(op, name, a.types[0]);
      break;
    case TF_ATTR_BOOL:
      if (is_list) TFE_OpSetAttrBoolList(op, name, lists.bools.data(), ints);
      else TFE_OpSetAttrBool(op, name, lists.bools[0]);
      break;
    case TF_ATTR_FLOAT:
      if (is_list) TFE_OpSetAttrFloatList(op, name, a.floats.data(), static_cast<int>(a.floats.size()));
      else TFE_OpSetAttrFloat(op, name, a.floats[0]);
      break;
    case TF_ATTR_STRING:
      if (is_list) TFE_OpSetAttrStringList(op, name, lists.texts.data(), lists.text_lengths.data(), strings);
      else TFE_OpSetAttrString(op, name, lists.texts[0], lists.text_lengths[0]);
      break;
    case TF_ATTR_FUNC:
      TFE_OpSetAttrFunctionName(op, name, a.strings[0].data(), a.strings[0].size());
      break;
    case TF_ATTR_SHAPE:
      if (is_list) {
        TFE_OpSetAttrShapeList(op, name, lists.dims.data(), lists.ranks.data(), static_cast<int>(lists.ranks.size()),
                               status.get());
      } else {
        TFE_OpSetAttrShape(op, name, lists.dims[0], lists.ranks[0], status.get());
      }
      status.Check(op_name);
      break;
    default:
      FailArgument("attribute " + a.name + " has no eager form");
  }
}

void SetGraphAttribute(TF_OperationDescription* op, const Attribute& a, bool is_list) {
  const char* name = a.name.c_str();
  const int ints = static_cast<int>(a.ints.size());
  const int strings = static_cast<int>(a.strings.size());
  Lists lists(a);
  // A list of functions has no form here.
  if (!is_list || a.type == TF_ATTR_FUNC) RequireOne(a);
  switch (a.type) {
    case TF_ATTR_INT:
      if (is_list) TF_SetAttrIntList(op, name, a.ints.data(), ints);
      else TF_SetAttrInt(op, name, a.ints[0]);
      break;
    case TF_ATTR_TYPE:
      if (is_list) TF_SetAttrTypeList(op, name, a.types.data(), static_cast<int>(a.types.size()));
      else TF_SetAttrType(op, name, a.types[0]);
      break;
    case TF_ATTR_BOOL:
      if (is_list) TF_SetAttrBoolList(op, name, lists.bools.data(), ints);
      else TF_SetAttrBool(op, name, lists.bools[0]);
      break;
    case TF_ATTR_FLOAT:
      if (is_list) TF_SetAttrFloatList(op, name, a.floats.data(), static_cast<int>(a.floats.size()));
      else TF_SetAttrFloat(op, name, a.floats[0]);
      break;
    case TF_ATTR_STRING:
      if (is_list) TF_SetAttrStringList(op, name, lists.texts.data(), lists.text_lengths.data(), strings);
      else TF_SetAttrString(op, name, lists.texts[0], lists.text_lengths[0]);
      break;
    case TF_ATTR_FUNC:
      TF_SetAttrFuncName(op, name, a.strings[0].data(), a.strings[0].size());
      break;
    case TF_ATTR_SHAPE:
      if (is_list) {
        TF_SetAttrShapeList(op, name, lists.dims.data(), lists.ranks.data(), static_cast<int>(lists.ranks.size()));
      } else {
        TF_SetAttrShape(op, name, lists.dims[0], lists.ranks[0]);
      }
      break;
    default:
      FailArgument("attribute " + a.name + " has no graph form");
  }
}

}  // namespace easel
