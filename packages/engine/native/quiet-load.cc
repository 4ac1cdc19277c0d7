// A second, small addon that loads a library while standard error is held back, and returns what was written there:
// libtensorflow's static initialisers log before any setting can silence them. It is not part of the main addon and does
// not link TensorFlow. The library stays loaded; Node.js' own load of it then finds it there.
#include <dlfcn.h>
#include <node_api.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <mutex>
#include <string>

namespace {

constexpr int kStandardError = 2;
constexpr int kFatalSignals[] = {SIGABRT, SIGILL, SIGSEGV, SIGBUS};
constexpr size_t kFatalSignalCount = sizeof(kFatalSignals) / sizeof(kFatalSignals[0]);

// Where standard error really goes, for the signal handler; -1 while nothing is held back.
volatile sig_atomic_t real_standard_error = -1;
// The file that takes its place.
volatile sig_atomic_t held_back = -1;

// A fatal message, such as that of a processor without AVX, must not die with the process. Async-signal-safe.
void ReleaseOnFatalSignal(int number) {
  char buffer[4096];
  lseek(held_back, 0, SEEK_SET);
  for (ssize_t size = read(held_back, buffer, sizeof buffer); size > 0; size = read(held_back, buffer, sizeof buffer)) {
    if (write(real_standard_error, buffer, static_cast<size_t>(size)) < 0) break;
  }
  // The handler was reset when it was entered (SA_RESETHAND): this ends the process as it would have without it.
  raise(number);
}

// Holds standard error back from construction to destruction.
class HeldBack {
 public:
  HeldBack() : file_(std::tmpfile()) {
    if (file_ == nullptr) return;
    saved_ = dup(kStandardError);
    if (saved_ < 0) return;
    real_standard_error = saved_;
    held_back = fileno(file_);
    struct sigaction action = {};
    action.sa_handler = ReleaseOnFatalSignal;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    for (size_t i = 0; i < kFatalSignalCount; i++) sigaction(kFatalSignals[i], &action, &previous_[i]);
    dup2(fileno(file_), kStandardError);
  }

  ~HeldBack() {
    Release();
    if (file_ != nullptr) std::fclose(file_);
  }

  HeldBack(const HeldBack&) = delete;
  HeldBack& operator=(const HeldBack&) = delete;

  // Ends it and returns what was written.
  std::string Release() {
    std::string text;
    if (saved_ < 0) return text;
    dup2(saved_, kStandardError);
    for (size_t i = 0; i < kFatalSignalCount; i++) sigaction(kFatalSignals[i], &previous_[i], nullptr);
    real_standard_error = held_back = -1;
    close(saved_);
    saved_ = -1;
    char buffer[4096];
    lseek(fileno(file_), 0, SEEK_SET);
    for (ssize_t size; (size = read(fileno(file_), buffer, sizeof buffer)) > 0;) {
      text.append(buffer, static_cast<size_t>(size));
    }
    return text;
  }

 private:
  std::FILE* file_;
  int saved_ = -1;
  struct sigaction previous_[kFatalSignalCount];
};

// Two threads must not hold back each other's file.
std::mutex loading;

// (path) -> { written, failure }: what was written to standard error, and dlerror's text or null.
napi_value Load(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  size_t length = 0;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  if (count < 1 || napi_get_value_string_utf8(env, argument, nullptr, 0, &length) != napi_ok) {
    napi_throw_type_error(env, "EASEL_ENGINE_NATIVE_ARGUMENT", "load takes the path of a library");
    return nullptr;
  }
  std::string path(length, '\0');
  napi_get_value_string_utf8(env, argument, path.data(), length + 1, &length);

  std::string written;
  std::string failure;
  {
    std::lock_guard<std::mutex> lock(loading);
    HeldBack standard_error;
    // As Node.js loads addons.
    if (dlopen(path.c_str(), RTLD_LAZY) == nullptr) failure = dlerror();
    written = standard_error.Release();
  }
  napi_value result, value;
  napi_create_object(env, &result);
  napi_create_string_utf8(env, written.data(), written.size(), &value);
  napi_set_named_property(env, result, "written", value);
  if (failure.empty()) {
    napi_get_null(env, &value);
  } else {
    napi_create_string_utf8(env, failure.data(), failure.size(), &value);
  }
  napi_set_named_property(env, result, "failure", value);
  return result;
}

}  // namespace

NAPI_MODULE_INIT() {
  napi_value load;
  napi_create_function(env, "load", NAPI_AUTO_LENGTH, Load, nullptr, &load);
  napi_set_named_property(env, exports, "load", load);
  return exports;
}
