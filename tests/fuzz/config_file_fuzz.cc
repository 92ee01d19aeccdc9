// A configuration file.
#include "cli/options/config_file.h"
#include "fuzzing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace deepcache_gen;
  static const FuzzFolder folder;
  static const std::vector<Option> options = option_table();
  const std::filesystem::path file = folder.write("config.toml", as_text(data, size));
  for (const Action action : {Action::generate, Action::bench}) {
    CommandLine line;
    line.action = action;
    takes([&] { read_config_file(file, options, {}, line); });
  }
  return 0;
}
