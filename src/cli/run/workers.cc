#include "cli/run/workers.h"

#include <exception>
#include <mutex>
#include <thread>

namespace deepcache_gen {
namespace {

// The first problem of several threads; the others only follow from it.
class FirstProblem {
 public:
  void keep(std::exception_ptr problem) {
    const std::lock_guard lock(mutex_);
    if (!problem_) problem_ = std::move(problem);
  }
  void rethrow() const {
    if (problem_) std::rethrow_exception(problem_);
  }

 private:
  std::mutex mutex_;
  std::exception_ptr problem_;
};

}  // namespace

void work_together(const std::vector<std::unique_ptr<Worker>>& workers, std::atomic<bool>& stop) {
  // It has loaded the model in this thread, which therefore has a team of OpenMP's already.
  if (workers.size() == 1) return workers.front()->work();
  FirstProblem problem;
  std::vector<std::jthread> threads;
  for (const std::unique_ptr<Worker>& worker : workers) {
    threads.emplace_back([&] {
      try {
        worker->work();
      } catch (...) {
        problem.keep(std::current_exception());
        stop = true;
      }
    });
  }
  threads.clear();
  problem.rethrow();
}

}  // namespace deepcache_gen
