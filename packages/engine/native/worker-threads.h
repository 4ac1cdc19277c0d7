// A few threads that share the chunks of one piece of work. For kernels that TensorFlow calls on a single thread and without
// its own pool; not for anything that waits.
#pragma once

#include <cstddef>
#include <functional>

namespace easel {

// How many threads work at a time, the caller's included. The first call decides; later ones change nothing.
void StartWorkerThreads(size_t threads);

// Calls body(0) to body(chunks - 1), each once, in any order, and returns when all are done. A chunk's result must not depend
// on which thread computes it. The caller works too and waits for no thread that has not begun: where the processors are
// taken it ends up doing everything itself. A second call at the same time runs on its own thread alone.
void ShareChunks(size_t chunks, const std::function<void(size_t)>& body);

}  // namespace easel
