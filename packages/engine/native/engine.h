// What one JavaScript environment (main thread or worker) owns: the eager context, its tensor handles and the
// graphs being built. Touched on the JavaScript thread only; worker threads see single ops (async-calls.cc).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "tensorflow/c/c_api.h"
#include "tensorflow/c/eager/c_api.h"

namespace easel {

struct DeleteHandle {
  void operator()(TFE_TensorHandle* handle) const { TFE_DeleteTensorHandle(handle); }
};
using HandlePtr = std::unique_ptr<TFE_TensorHandle, DeleteHandle>;

// Tensor handles by the id JavaScript knows them by. Ids are never reused.
class HandleTable {
 public:
  int64_t Insert(HandlePtr handle);
  TFE_TensorHandle* Get(int64_t id) const;  // throws Failure when the id is unknown
  void Remove(int64_t id);
  size_t count() const { return entries_.size(); }
  // Sum over handles; two handles that share one buffer count it twice.
  int64_t size_bytes() const { return size_bytes_; }

 private:
  struct Entry {
    HandlePtr handle;
    int64_t size_bytes;
  };
  std::unordered_map<int64_t, Entry> entries_;
  int64_t next_id_ = 0;
  int64_t size_bytes_ = 0;
};

// A TF_Graph under construction. A value is one output of one operation, named by its index.
struct Graph {
  Graph() : graph(TF_NewGraph()) {}
  ~Graph() { TF_DeleteGraph(graph); }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  TF_Output Value(int64_t index) const;
  TF_Operation* Operation(int64_t index) const;

  TF_Graph* graph;
  std::vector<TF_Operation*> operations;
  std::vector<TF_Output> values;
};

class Engine {
 public:
  Engine() = default;
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Creates the context. `config` is a serialized tensorflow.ConfigProto, possibly empty.
  void Start(const std::string& config);
  TFE_Context* context() const;  // throws Failure before Start

  int64_t AddGraph();
  Graph& GetGraph(int64_t id);
  void DeleteGraph(int64_t id);

  HandleTable handles;
  int calls_in_flight = 0;

 private:
  TFE_Context* context_ = nullptr;
  std::unordered_map<int64_t, std::unique_ptr<Graph>> graphs_;
  int64_t next_graph_ = 0;
};

}  // namespace easel
