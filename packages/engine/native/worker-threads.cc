// See worker-threads.h. The threads live as long as the process; they hold nothing that must be given back.
#include "worker-threads.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace easel {
namespace {

struct Job {
  const std::function<void(size_t)>& body;
  const size_t chunks;
  std::atomic<size_t> next{0};

  void Work() {
    for (size_t i = next.fetch_add(1); i < chunks; i = next.fetch_add(1)) body(i);
  }
};

class WorkerThreads {
 public:
  explicit WorkerThreads(size_t others) {
    for (size_t i = 0; i < others; i++) std::thread([this] { Serve(); }).detach();
  }

  void Run(Job& job) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      job_ = &job;
      generation_++;
    }
    begin_.notify_all();
    job.Work();
    std::unique_lock<std::mutex> lock(mutex_);
    job_ = nullptr;  // nobody joins any more; wait for those who did
    done_.wait(lock, [this] { return working_ == 0; });
  }

  std::mutex one_job_at_a_time;

 private:
  void Serve() {
    uint64_t served = 0;
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      begin_.wait(lock, [&] { return job_ != nullptr && generation_ != served; });
      Job* job = job_;
      served = generation_;
      working_++;
      lock.unlock();
      job->Work();
      lock.lock();
      if (--working_ == 0) done_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable begin_, done_;
  Job* job_ = nullptr;
  uint64_t generation_ = 0;
  int working_ = 0;
};

std::atomic<WorkerThreads*> workers{nullptr};

}  // namespace

void StartWorkerThreads(size_t threads) {
  static std::once_flag once;
  // Never freed: the threads use it until the process ends.
  std::call_once(once, [threads] { workers = threads > 1 ? new WorkerThreads(threads - 1) : nullptr; });
}

void ShareChunks(size_t chunks, const std::function<void(size_t)>& body) {
  Job job{body, chunks};
  WorkerThreads* all = workers;
  std::unique_lock<std::mutex> turn;
  if (all != nullptr && chunks > 1) turn = std::unique_lock<std::mutex>(all->one_job_at_a_time, std::try_to_lock);
  if (turn.owns_lock()) {
    all->Run(job);
  } else {
    job.Work();
  }
}

}  // namespace easel
