#include "backend/control_groups.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include "support/smaller.h"

namespace deepcache_gen {
namespace {

using Folder = std::filesystem::path;
using Bytes = std::optional<std::int64_t>;

// Version 1 says "no limit" by the largest number of whole pages.
constexpr std::int64_t kUnlimited = std::int64_t{1} << 60;

bool is_listed(const std::string& name, const std::string& list) {
  return ("," + list + ",").find("," + name + ",") != std::string::npos;
}

// Where a hierarchy is mounted, and which of its groups that place shows.
struct Mount {
  Folder group, place;
};

// A line of mountinfo: ID PARENT DEVICE ROOT PLACE OPTIONS [TAGS...] - TYPE SOURCE SUPER_OPTIONS.
std::optional<Mount> find_mount(const Folder& root, const std::string& controller, bool unified) {
  std::ifstream mountinfo(root / "proc/self/mountinfo");
  for (std::string line; std::getline(mountinfo, line);) {
    std::istringstream words(line), filesystem(line.substr(std::min(line.size(), line.find(" - ") + 3)));
    std::string skipped, group, place, type, options;
    words >> skipped >> skipped >> skipped >> group >> place;
    filesystem >> type >> skipped >> options;
    if (unified ? type == "cgroup2" : type == "cgroup" && is_listed(controller, options)) return Mount{group, place};
  }
  return {};
}

// A line of /proc/self/cgroup: ID:CONTROLLERS:GROUP; version 2 has the ID 0 and no controllers.
std::optional<Folder> find_group(const Folder& root, const std::string& controller, bool unified) {
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool found = unified ? line.starts_with("0::") : is_listed(controller, controllers);
    if (found) return Folder(line.substr(second + 1));
  }
  return {};
}

// The group and those above it, as far as they are mounted.
std::vector<Folder> find_folders(const Folder& root, const std::string& controller, bool unified) {
  const std::optional<Mount> mount = find_mount(root, controller, unified);
  const std::optional<Folder> group = find_group(root, controller, unified);
  if (!mount || !group) return {};
  const Folder top = root / mount->place.relative_path();
  Folder below = group->lexically_relative(mount->group);
  // A container may be told the name that its group has outside.
  if (below.empty() || *below.begin() == "..") below = ".";
  std::vector<Folder> folders;
  for (Folder name = below.lexically_normal(); !name.empty() && name != "."; name = name.parent_path()) {
    folders.push_back(top / name);
  }
  folders.push_back(top);
  return folders;
}

// Unset where the file is not there or says "max".
Bytes number_in(const Folder& file) {
  std::ifstream stream(file);
  std::int64_t number = 0;
  return stream >> number ? Bytes(number) : std::nullopt;
}

std::optional<double> quotient(Bytes quota, Bytes period) {
  if (!quota || !period || *quota <= 0 || *period <= 0) return {};
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

std::optional<double> unified_processors(const Folder& group) {
  std::ifstream stream(group / "cpu.max");
  std::int64_t quota = 0, period = 0;
  return stream >> quota >> period ? quotient(quota, period) : std::nullopt;
}

std::optional<double> separate_processors(const Folder& group) {
  return quotient(number_in(group / "cpu.cfs_quota_us"), number_in(group / "cpu.cfs_period_us"));
}

Bytes limited(Bytes limit) { return limit && *limit < kUnlimited ? limit : std::nullopt; }

// Above memory.high a process is slowed down until it all but stands.
Bytes unified_limit(const Folder& group) {
  return limited(smaller(number_in(group / "memory.max"), number_in(group / "memory.high")));
}

Bytes separate_limit(const Folder& group) { return limited(number_in(group / "memory.limit_in_bytes")); }

// The pages of files among what a group uses; `prefix` is of the entries that count the groups below it as well.
std::int64_t reclaimable(const Folder& group, const std::string& prefix) {
  std::ifstream stat(group / "memory.stat");
  std::int64_t sum = 0, bytes = 0;
  for (std::string name; stat >> name >> bytes;) {
    if (name == prefix + "inactive_file" || name == prefix + "active_file") sum += bytes;
  }
  return sum;
}

Bytes left(Bytes limit, Bytes used, std::int64_t reclaimable_bytes) {
  if (!limit || !used) return {};
  return std::max<std::int64_t>(0, *limit - std::max<std::int64_t>(0, *used - reclaimable_bytes));
}

Bytes unified_left(const Folder& group) {
  return left(unified_limit(group), number_in(group / "memory.current"), reclaimable(group, ""));
}

Bytes separate_left(const Folder& group) {
  return left(separate_limit(group), number_in(group / "memory.usage_in_bytes"), reclaimable(group, "total_"));
}

// The smallest that `ask` says of one of the groups.
template <class Ask>
auto smallest(const std::vector<Folder>& groups, Ask ask) {
  decltype(ask(groups.front())) result;
  for (const Folder& group : groups) result = smaller(result, ask(group));
  return result;
}

}  // namespace

ControlGroups::ControlGroups(const std::filesystem::path& root)
    : unified_(find_folders(root, "", true)),
      cpu_(find_folders(root, "cpu", false)),
      memory_(find_folders(root, "memory", false)) {}

std::optional<double> ControlGroups::processors() const {
  return smaller(smallest(unified_, unified_processors), smallest(cpu_, separate_processors));
}

std::optional<std::int64_t> ControlGroups::memory_limit() const {
  return smaller(smallest(unified_, unified_limit), smallest(memory_, separate_limit));
}

std::optional<std::int64_t> ControlGroups::free_memory() const {
  return smaller(smallest(unified_, unified_left), smallest(memory_, separate_left));
}

}  // namespace deepcache_gen
