#include "backend/threads.h"

#include <ATen/Parallel.h>
#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "backend/control_groups.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

// The number for loops that are not inside others, the first of a list; OpenMP itself complains of what is no number.
std::optional<int> openmp_threads() {
  const char* const set = std::getenv("OMP_NUM_THREADS");
  const std::string_view text = set ? set : "";
  int number = 0;
  const bool is_number = std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc();
  return is_number && number > 0 ? std::optional(number) : std::nullopt;
}

// That of all engines together.
ThreadCount whole_thread_count(std::optional<int> threads) {
  if (threads) return {*threads, "as --threads says"};
  if (const std::optional<int> set = openmp_threads()) return {*set, "as OMP_NUM_THREADS says"};
  const int usable = usable_core_count();
  if (usable < physical_core_count()) return {usable, "as the container's CPU quota allows"};
  return {usable, "one per physical core that the process may use"};
}

}  // namespace

int physical_core_count() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return at::get_num_threads();
  std::set<std::string> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    std::ifstream siblings("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list");
    std::string core = std::to_string(cpu);
    std::getline(siblings, core);
    cores.insert(core);
  }
  return std::max(1, static_cast<int>(cores.size()));
}

int usable_core_count() {
  const int cores = physical_core_count();
  const std::optional<double> quota = ControlGroups().processors();
  return quota ? std::clamp(static_cast<int>(std::ceil(*quota)), 1, cores) : cores;
}

ThreadCount resolve_thread_count(std::optional<int> threads, int engines) {
  if (threads && (*threads < 1 || *threads > 1024)) {
    throw UsageError("--threads", "--threads " + std::to_string(*threads) + ": expected 1 to 1024");
  }
  ThreadCount all = whole_thread_count(threads);
  const int part = std::max(1, all.count / engines);
  if (engines > 1) all.reason += ", shared by " + std::to_string(engines) + " engines";
  return {part, std::move(all.reason)};
}

void use_threads(int count) {
  // Begins a thread for LibTorch, which would otherwise do so later, with the number that any thread set last.
  at::get_num_threads();
  at::set_num_threads(count);
}

}  // namespace deepcache_gen
