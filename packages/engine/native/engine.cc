#include "engine.h"

#include "failure.h"

namespace easel {

static int64_t HandleSizeBytes(TFE_TensorHandle* handle) {
  Status status;
  const int64_t count = TFE_TensorHandleNumElements(handle, status.get());
  const size_t element = TF_DataTypeSize(TFE_TensorHandleDataType(handle));  // 0 for strings and resources
  return status.ok() ? count * static_cast<int64_t>(element) : 0;
}

int64_t HandleTable::Insert(HandlePtr handle) {
  const int64_t id = next_id_++;
  const int64_t size = HandleSizeBytes(handle.get());
  entries_.emplace(id, Entry{std::move(handle), size});
  size_bytes_ += size;
  return id;
}

TFE_TensorHandle* HandleTable::Get(int64_t id) const {
  const auto entry = entries_.find(id);
  if (entry == entries_.end()) FailArgument("no tensor with id " + std::to_string(id) + " (already disposed?)");
  return entry->second.handle.get();
}

void HandleTable::Remove(int64_t id) {
  const auto entry = entries_.find(id);
  if (entry == entries_.end()) FailArgument("deleteTensor: no tensor with id " + std::to_string(id));
  size_bytes_ -= entry->second.size_bytes;
  entries_.erase(entry);
}

TF_Output Graph::Value(int64_t index) const {
  if (index < 0 || index >= static_cast<int64_t>(values.size())) {
    FailArgument("no graph value " + std::to_string(index));
  }
  return values[static_cast<size_t>(index)];
}

TF_Operation* Graph::Operation(int64_t index) const {
  if (index < 0 || index >= static_cast<int64_t>(operations.size())) {
    FailArgument("no graph operation " + std::to_string(index));
  }
  return operations[static_cast<size_t>(index)];
}

Engine::~Engine() {
  // A call that is still running on another thread uses the context: then leave it to the end of the process.
  if (context_ == nullptr || calls_in_flight > 0) return;
  handles = HandleTable();
  TFE_DeleteContext(context_);
}

void Engine::Start(const std::string& config) {
  if (context_ != nullptr) FailArgument("start: the engine is already started");
  Status status;
  std::unique_ptr<TFE_ContextOptions, void (*)(TFE_ContextOptions*)> options(TFE_NewContextOptions(),
                                                                            TFE_DeleteContextOptions);
  TFE_ContextOptionsSetDevicePlacementPolicy(options.get(), TFE_DEVICE_PLACEMENT_SILENT);
  if (!config.empty()) {
    TFE_ContextOptionsSetConfig(options.get(), config.data(), config.size(), status.get());
    status.Check("ConfigProto");
  }
  context_ = TFE_NewContext(options.get(), status.get());
  status.Check("TFE_NewContext");
}

TFE_Context* Engine::context() const {
  if (context_ == nullptr) FailArgument("the engine is not started: call start first");
  return context_;
}

int64_t Engine::AddGraph() {
  const int64_t id = next_graph_++;
  graphs_.emplace(id, std::make_unique<Graph>());
  return id;
}

Graph& Engine::GetGraph(int64_t id) {
  const auto entry = graphs_.find(id);
  if (entry == graphs_.end()) FailArgument("no graph with id " + std::to_string(id));
  return *entry->second;
}

void Engine::DeleteGraph(int64_t id) { graphs_.erase(id); }

}  // namespace easel
