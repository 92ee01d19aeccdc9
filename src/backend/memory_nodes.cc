#include "backend/memory_nodes.h"

#include <linux/mempolicy.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string>

namespace deepcache_gen {
namespace {

// As many as the kernel can be built for.
constexpr std::size_t kMostNodes = 1024;
constexpr std::size_t kBitsOfAWord = 8 * sizeof(unsigned long);
using NodeMask = std::array<unsigned long, kMostNodes / kBitsOfAWord>;

// Whether a list of the kernel's, "0-3,8", has a processor that is in the set.
bool has_any(const std::string& list, const cpu_set_t& allowed) {
  std::istringstream ranges(list);
  for (std::string range; std::getline(ranges, range, ',');) {
    const char* const end = range.data() + range.size();
    int first = 0, last = 0;
    const auto begin = std::from_chars(range.data(), end, first);
    if (begin.ec != std::errc()) continue;
    if (begin.ptr == end || std::from_chars(begin.ptr + 1, end, last).ec != std::errc()) last = first;
    for (int cpu = first; cpu <= std::min(last, CPU_SETSIZE - 1); ++cpu) {
      if (CPU_ISSET(cpu, &allowed)) return true;
    }
  }
  return false;
}

bool policy_is_set() {
  int policy = MPOL_DEFAULT;
  return ::syscall(SYS_get_mempolicy, &policy, nullptr, 0, nullptr, 0) != 0 || policy != MPOL_DEFAULT;
}

}  // namespace

std::vector<int> memory_nodes_in_use(const std::filesystem::path& topology) {
  std::vector<int> nodes;
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return nodes;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(topology, error)) {
    const std::string name = entry.path().filename().string();
    int node = 0;
    if (!name.starts_with("node")) continue;
    if (std::from_chars(name.data() + 4, name.data() + name.size(), node).ec != std::errc()) continue;
    std::ifstream cpus(entry.path() / "cpulist");
    std::string list;
    if (std::getline(cpus, list) && has_any(list, allowed)) nodes.push_back(node);
  }
  std::sort(nodes.begin(), nodes.end());
  return nodes;
}

void interleave_memory(const std::vector<int>& nodes) {
  if (nodes.size() < 2 || policy_is_set()) return;
  NodeMask mask{};
  for (const int node : nodes) {
    const auto number = static_cast<std::size_t>(node);
    if (number < kMostNodes) mask[number / kBitsOfAWord] |= 1ul << (number % kBitsOfAWord);
  }
  // A refusal leaves everything as it was.
  static_cast<void>(::syscall(SYS_set_mempolicy, MPOL_INTERLEAVE, mask.data(), kMostNodes));
}

}  // namespace deepcache_gen
