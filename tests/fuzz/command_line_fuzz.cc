// The words of a command line, each ended by a zero byte.
#include <algorithm>
#include <cstdlib>

#include "cli/options/command_line.h"
#include "fuzzing.h"

namespace deepcache_gen {
namespace {

// No user's configuration is read.
void forget_the_user() {
  static const FuzzFolder home;
  ::setenv("HOME", home.path().c_str(), 1);
  ::setenv("XDG_CONFIG_HOME", home.path().c_str(), 1);
}

}  // namespace
}  // namespace deepcache_gen

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace deepcache_gen;
  static const bool forgotten = (forget_the_user(), true);
  const std::string words = as_text(data, size);
  std::vector<const char*> arguments{"deepcache-gen"};
  for (std::size_t begin = 0; forgotten && begin < words.size(); begin = words.find('\0', begin) + 1) {
    arguments.push_back(words.c_str() + begin);
    if (words.find('\0', begin) == std::string::npos) break;
  }
  takes([&] { parse_command_line(static_cast<int>(arguments.size()), arguments.data()); });
  return 0;
}
