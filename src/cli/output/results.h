#pragma once

#include <ostream>
#include <string>

namespace deepcache_gen {

/// The results of the command, on stdout: handed on at once, and nothing else is written there.
class Results {
 public:
  explicit Results(std::ostream& out) : out_(out) {}

  /// Writes `text` and a newline. Throws `NoMoreOutput` with the system's reason where that fails (a full disk, a
  /// closed pipe).
  void print(const std::string& text) const;

 private:
  std::ostream& out_;
};

}  // namespace deepcache_gen
