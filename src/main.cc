#include <exception>
#include <iostream>
#include <string>

#include "cli/commands/commands.h"
#include "cli/options/command_line.h"
#include "cli/output/results.h"
#include "cli/terminal/exit_code.h"
#include "cli/terminal/interruption.h"
#include "cli/terminal/standard_streams.h"
#include "support/error.h"
#include "support/failure_text.h"
#include "support/interrupted.h"

namespace deepcache_gen {
namespace {

int failed(int exit_code, const std::string& message) {
  // A foreign message may go on for many lines (LibTorch adds a stack trace).
  std::cerr << "deepcache-gen: error: " << message.substr(0, message.find('\n')) << std::endl;
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
  } catch (const std::exception& error) {
    return failed(kExitFailed, failure_text(error));
  }
}

}  // namespace
}  // namespace deepcache_gen

int main(int argc, char** argv) {
  deepcache_gen::exit_when_interrupted();
  deepcache_gen::prepare_standard_streams();
  return deepcache_gen::run_and_report(argc, argv);
}
