// How errors travel inside the addon: as C++ exceptions up to the N-API boundary (call.h), never across it.
#pragma once

#include <stdexcept>
#include <string>

#include "tensorflow/c/tf_status.h"

namespace easel {

// Becomes a JavaScript Error whose `code` is EASEL_ENGINE_TENSORFLOW or EASEL_ENGINE_NATIVE_ARGUMENT.
class Failure : public std::runtime_error {
 public:
  Failure(const char* code, const std::string& message) : std::runtime_error(message), code_(code) {}
  const char* code() const { return code_; }

 private:
  const char* code_;
};

// A JavaScript exception is already pending; unwind without replacing it.
class PendingException {};

[[noreturn]] inline void FailArgument(const std::string& message) {
  throw Failure("EASEL_ENGINE_NATIVE_ARGUMENT", message);
}

// Owns a TF_Status. `Check` turns a bad one into a Failure that names what was being done.
class Status {
 public:
  Status() : status_(TF_NewStatus()) {}
  ~Status() { TF_DeleteStatus(status_); }
  Status(const Status&) = delete;
  Status& operator=(const Status&) = delete;

  TF_Status* get() const { return status_; }
  bool ok() const { return TF_GetCode(status_) == TF_OK; }
  const char* message() const { return TF_Message(status_); }
  void Clear() { TF_SetStatus(status_, TF_OK, ""); }
  void Check(const std::string& doing) const {
    if (!ok()) throw Failure("EASEL_ENGINE_TENSORFLOW", doing + ": " + message());
  }

 private:
  TF_Status* status_;
};

}  // namespace easel
