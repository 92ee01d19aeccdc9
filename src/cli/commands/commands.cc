#include "cli/commands/commands.h"

#include "cli/commands/generate.h"
#include "cli/commands/inspect.h"
#include "cli/commands/print_plans.h"
#include "cli/options/help_page.h"
#include "support/error.h"
#include "support/version.h"

namespace deepcache_gen {

void run_command(const CommandLine& line, const Results& results) {
  switch (line.action) {
    case Action::generate:
      return generate(line, results);
    case Action::plan:
      return print_plans(line, results);
    case Action::inspect:
      return inspect(line, results);
    case Action::help:
    case Action::help_all:
      return results.print(help_page());
    case Action::version:
      return results.print(std::string("deepcache-gen ") + kVersion);
    default:
      throw UsageError("not built yet");
  }
}

}  // namespace deepcache_gen
