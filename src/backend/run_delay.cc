#include "backend/run_delay.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>

namespace deepcache_gen {

RunDelays run_delays(const std::filesystem::path& tasks) {
  RunDelays delays;
  std::error_code error;
  for (std::filesystem::directory_iterator task(tasks, error), end; !error && task != end; task.increment(error)) {
    const std::string name = task->path().filename().string();
    int thread = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), thread).ec != std::errc()) continue;
    std::ifstream schedstat(task->path() / "schedstat");
    std::int64_t ran = 0, delayed = 0;
    // Where no account is kept, both may be there and 0.
    if (schedstat >> ran >> delayed && ran > 0) delays[thread] = delayed;
  }
  return delays;
}

double largest_delay_share(const RunDelays& before, const RunDelays& after, double seconds) {
  std::int64_t longest = 0;
  for (const auto& [thread, delayed] : after) {
    const auto earlier = before.find(thread);
    if (earlier != before.end()) longest = std::max(longest, delayed - earlier->second);
  }
  return static_cast<double>(longest) * 1e-9 / seconds;
}

}  // namespace deepcache_gen
