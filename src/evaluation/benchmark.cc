#include "evaluation/benchmark.h"

#include <algorithm>
#include <new>

#include "support/error.h"
#include "support/interrupted.h"

namespace deepcache_gen {
namespace {

// Adds up the seconds of a batch: its text and denoising once, the decoding of each image.
class BatchSeconds : public Observer {
 public:
  explicit BatchSeconds(const std::function<bool()>& stop_requested) : stop_requested_(stop_requested) {}

  void on_step(const StepReport&) override {}
  void on_image(std::size_t, GeneratedImage image) override {
    shared_ = image.timing.total() - image.timing.decode;
    decode_ += image.timing.decode;
  }
  void on_failure(std::size_t, const Error& problem) override { throw Error(problem); }
  void on_warning(std::size_t, const std::string&) override {}
  bool stop_requested() const override { return stop_requested_(); }

  double seconds() const { return shared_ + decode_; }

 private:
  const std::function<bool()>& stop_requested_;
  double shared_ = 0, decode_ = 0;
};

using Group = std::vector<BenchCell*>;

bool in_one_group(const BenchCell& a, const BenchCell& b) { return a.size == b.size && a.batch == b.batch; }

std::vector<Group> grouped(std::vector<BenchCell>& cells) {
  std::vector<Group> groups;
  for (BenchCell& cell : cells) {
    if (groups.empty() || !in_one_group(*groups.back().front(), cell)) groups.emplace_back();
    groups.back().push_back(&cell);
  }
  return groups;
}

class Session {
 public:
  Session(const Engine& engine, int rounds, std::size_t cells, const BenchProgress& progress)
      : engine_(engine), rounds_(rounds), runs_(cells * static_cast<std::size_t>(rounds + 1)), progress_(progress) {}

  void measure(Group group) {
    for (BenchCell* cell : group) run(*cell, 0);
    for (int round = 1; round <= rounds_; ++round) {
      std::reverse(group.begin(), group.end());
      for (BenchCell* cell : group) {
        const double seconds = run(*cell, round);
        if (cell->problem.empty()) cell->seconds.push_back(seconds);
      }
      compare_round(group);
    }
  }

 private:
  double run(BenchCell& cell, int round) {
    progress_.begin(cell, round, rounds_, static_cast<double>(done_++) / static_cast<double>(runs_));
    if (!cell.problem.empty()) return 0;
    BatchSeconds observer(progress_.stop_requested);
    try {
      std::vector<ImageJob> jobs;
      for (int i = 0; i < cell.batch; ++i) jobs.push_back({cell.plan, i});
      engine_.generate(jobs, observer);
    } catch (const Interrupted&) {
      throw;
    } catch (const std::bad_alloc&) {
      cell.problem = "out of memory";
    } catch (const OutOfMemory&) {
      cell.problem = "out of memory";
    } catch (const Error& error) {
      cell.problem = error.what();
    }
    return observer.seconds();
  }

  // Only rounds that all settings have had are compared.
  static void compare_round(const Group& group) {
    const auto original = std::find_if(group.begin(), group.end(), [](const BenchCell* cell) {
      return !caches(cell->setting) && cell->problem.empty();
    });
    if (original == group.end()) return;
    for (BenchCell* cell : group) {
      if (cell->problem.empty()) cell->ratios.push_back((*original)->seconds.back() / cell->seconds.back());
    }
  }

  const Engine& engine_;
  int rounds_;
  std::size_t runs_, done_ = 0;
  const BenchProgress& progress_;
};

}  // namespace

bool measure_cells(const Engine& engine, std::vector<BenchCell>& cells, int rounds, const BenchProgress& progress) {
  Session session(engine, rounds, cells.size(), progress);
  try {
    for (const Group& group : grouped(cells)) session.measure(group);
  } catch (const Interrupted&) {
    return false;
  }
  return true;
}

}  // namespace deepcache_gen
