#include "cli/run/workers.h"

#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "support/interrupted.h"

namespace deepcache_gen {
namespace {

// The first problem of several threads; the others only follow from it. A thread is interrupted also because another
// has a problem, which it may not have told yet.
class FirstProblem {
 public:
  void keep(std::exception_ptr problem, bool is_interruption) {
    const std::lock_guard lock(mutex_);
    if (problem_ && (is_interruption || !is_interruption_)) return;
    problem_ = std::move(problem);
    is_interruption_ = is_interruption;
  }
  void rethrow() const {
    if (problem_) std::rethrow_exception(problem_);
  }

 private:
  std::mutex mutex_;
  std::exception_ptr problem_;
  bool is_interruption_ = false;
};

}  // namespace

void work_together(const std::vector<std::unique_ptr<Worker>>& workers, std::atomic<bool>& stop) {
  // A lone engine was loaded by this thread, which therefore has its team of OpenMP's already.
  if (workers.size() == 1) return workers.front()->work();
  FirstProblem problem;
  std::vector<std::jthread> threads;
  for (const std::unique_ptr<Worker>& worker : workers) {
    threads.emplace_back([&] {
      try {
        worker->work();
      } catch (const Interrupted&) {
        problem.keep(std::current_exception(), true);
        stop = true;
      } catch (...) {
        problem.keep(std::current_exception(), false);
        stop = true;
      }
    });
  }
  threads.clear();
  problem.rethrow();
}

}  // namespace deepcache_gen
