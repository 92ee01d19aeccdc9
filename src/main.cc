#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

#include "cli/commands/commands.h"
#include "cli/options/command_line.h"
#include "cli/terminal/interruption.h"
#include "cli/terminal/standard_streams.h"
#include "support/error.h"
#include "support/failure_text.h"
#include "support/interrupted.h"
#include "support/printable.h"

namespace deepcache_gen {
namespace {

int failed(int exit_code, const std::string& message) {
  std::cerr << "deepcache-gen: error: " << printable(message) << std::endl;
  return exit_code;
}

int run_and_report(int argc, const char* const* argv) {
  try {
    run_command(parse_command_line(argc, argv), Results(std::cout));
    return kExitDone;
  } catch (const Interrupted&) {
    std::cerr << "deepcache-gen: interrupted" << std::endl;
    return kExitInterrupted;
  } catch (const UsageError& error) {
    return failed(kExitUsage, error.what());
  } catch (const Error& error) {
    return failed(kExitFailed, error.what());
  } catch (const std::exception& error) {
    // A foreign message may go on for many lines (LibTorch adds a stack trace).
    const std::string message = failure_text(error);
    return failed(kExitFailed, message.substr(0, message.find('\n')));
  }
}

}  // namespace
}  // namespace deepcache_gen

int main(int argc, char** argv) {
  deepcache_gen::exit_when_interrupted();
  deepcache_gen::prepare_standard_streams();
  const int exit_code = deepcache_gen::run_and_report(argc, argv);
  // Everything is written and let go of by now, and what a library does at its end helps nobody: LibTorch's takes as
  // long as a third of its beginning, to forget its operators one by one.
  std::fflush(nullptr);
  std::_Exit(exit_code);
}
