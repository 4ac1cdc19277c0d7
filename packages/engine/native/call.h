// One call from JavaScript: its arguments and the engine. `Guarded` is the only place where C++ exceptions
// become JavaScript errors.
#pragma once

#include <vector>

#include "engine.h"
#include "failure.h"
#include "js-values.h"

namespace easel {

struct Call {
  napi_env env;
  Engine& engine;
  std::vector<napi_value> arguments;

  napi_value operator[](size_t index) const {
    if (index >= arguments.size()) FailArgument("missing argument " + std::to_string(index));
    return arguments[index];
  }
};

napi_value MakeError(napi_env env, const char* code, const char* message);

template <napi_value (*Body)(const Call&)>
napi_value Guarded(napi_env env, napi_callback_info info) {
  try {
    size_t count = 8;
    napi_value values[8];
    void* instance = nullptr;
    CheckNapi(env, napi_get_cb_info(env, info, &count, values, nullptr, nullptr), "reading arguments");
    CheckNapi(env, napi_get_instance_data(env, &instance), "finding the engine");
    if (count > 8) count = 8;
    return Body(Call{env, *static_cast<Engine*>(instance), {values, values + count}});
  } catch (const PendingException&) {
    return nullptr;
  } catch (const Failure& failure) {
    napi_throw(env, MakeError(env, failure.code(), failure.what()));
  } catch (const std::exception& error) {
    napi_throw(env, MakeError(env, "EASEL_ENGINE_NATIVE", error.what()));
  }
  return nullptr;
}

}  // namespace easel
