#pragma once

#include <chrono>

namespace deepcache_gen {

/// Wall-clock time since it was made or last restarted.
class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  /// Between its start and that of another.
  double seconds_until(const Stopwatch& other) const {
    return std::chrono::duration<double>(other.start_ - start_).count();
  }
  /// The seconds so far; counting begins again at 0.
  double restart() {
    const double elapsed = seconds();
    start_ = Clock::now();
    return elapsed;
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

}  // namespace deepcache_gen
