// Execution off the JavaScript thread. The op is prepared on the JavaScript thread; only TFE_Execute runs on
// the libuv thread pool; results enter the handle table back on the JavaScript thread.
#include "eager-ops.h"

namespace easel {

namespace {

struct AsyncCall {
  explicit AsyncCall(const Call& call) : op(call), engine(call.engine) {}
  PreparedOp op;
  Engine& engine;
  Status status;
  napi_deferred deferred = nullptr;
  napi_async_work work = nullptr;
};

void Execute(napi_env, void* data) {
  AsyncCall* call = static_cast<AsyncCall*>(data);
  call->op.Execute(call->status.get());
}

void Settle(napi_env env, AsyncCall* call) {
  try {
    call->status.Check(call->op.name());
    napi_resolve_deferred(env, call->deferred, PublishAll(env, call->engine, call->op.TakeResults()));
  } catch (const Failure& failure) {
    napi_reject_deferred(env, call->deferred, MakeError(env, failure.code(), failure.what()));
  } catch (const PendingException&) {
    napi_value error = nullptr;
    napi_get_and_clear_last_exception(env, &error);
    napi_reject_deferred(env, call->deferred, error);
  } catch (const std::exception& error) {
    napi_reject_deferred(env, call->deferred, MakeError(env, "EASEL_ENGINE_NATIVE", error.what()));
  }
}

void Complete(napi_env env, napi_status, void* data) {
  std::unique_ptr<AsyncCall> call(static_cast<AsyncCall*>(data));
  call->engine.calls_in_flight--;
  Settle(env, call.get());
  napi_delete_async_work(env, call->work);
}

}  // namespace

napi_value ExecuteOpAsync(const Call& call) {
  auto pending = std::make_unique<AsyncCall>(call);
  napi_value promise;
  CheckNapi(call.env, napi_create_promise(call.env, &pending->deferred, &promise), "making a promise");
  CheckNapi(call.env,
            napi_create_async_work(call.env, nullptr, String(call.env, "easel.execute"), Execute, Complete,
                                   pending.get(), &pending->work),
            "preparing an async call");
  CheckNapi(call.env, napi_queue_async_work(call.env, pending->work), "queueing an async call");
  call.engine.calls_in_flight++;
  pending.release();
  return promise;
}

}  // namespace easel
