/*
 * Lists of strings and of types as attributes of operations, which tfjs-node's addon cannot pass: where an operation
 * takes a list, a string is its elements with commas between, a type its only element. `setup:tfjs-node` compiles this
 * into the addon. `TArgs` is such a list, of the fused convolution, which oneDNN's operation reads but does not
 * declare.
 */
#include <sstream>
#include <string>
#include <vector>

#include "tensorflow/c/eager/c_api.h"
#include "tensorflow/c/tf_status.h"

namespace {

bool isList(TFE_Op* op, const char* name) {
  unsigned char list = 0;
  TF_Status* status = TF_NewStatus();
  TFE_OpGetAttrType(op, name, &list, status);
  const bool known = TF_GetCode(status) == TF_OK;
  TF_DeleteStatus(status);
  return known && list != 0;
}

}  // namespace

extern "C" {

void __real_TFE_OpSetAttrString(TFE_Op* op, const char* name, const void* value, size_t length);
void __real_TFE_OpSetAttrType(TFE_Op* op, const char* name, TF_DataType value);

/** These two stand before TensorFlow's functions of the names, by the linker's --wrap. */
void __wrap_TFE_OpSetAttrString(TFE_Op* op, const char* name, const void* value, size_t length) {
  if (!isList(op, name)) {
    __real_TFE_OpSetAttrString(op, name, value, length);
    return;
  }
  std::istringstream text(std::string(static_cast<const char*>(value), length));
  std::vector<std::string> elements;
  for (std::string element; std::getline(text, element, ',');) elements.push_back(element);
  std::vector<const void*> values;
  std::vector<size_t> lengths;
  for (const std::string& element : elements) {
    values.push_back(element.data());
    lengths.push_back(element.size());
  }
  TFE_OpSetAttrStringList(op, name, values.data(), lengths.data(), static_cast<int>(elements.size()));
}

void __wrap_TFE_OpSetAttrType(TFE_Op* op, const char* name, TF_DataType value) {
  if (isList(op, name) || std::string(name) == "TArgs") {
    TFE_OpSetAttrTypeList(op, name, &value, 1);
  } else {
    __real_TFE_OpSetAttrType(op, name, value);
  }
}
}
