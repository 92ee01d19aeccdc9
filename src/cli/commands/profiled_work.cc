#include "cli/commands/profiled_work.h"

#include <algorithm>

#include "backend/cuda_library.h"
#include "backend/profile.h"
#include "cli/commands/engines.h"
#include "support/atomic_file.h"

namespace deepcache_gen {
namespace {

bool uses_gpus(const CommandLine& line) {
  const std::vector<ExecutionOptions> devices = execution_of_each_device(line);
  const auto is_cpu = [](const ExecutionOptions& device) { return device.device == "cpu"; };
  return !std::all_of(devices.begin(), devices.end(), is_cpu) && find_cuda_devices().count > 0;
}

}  // namespace

void do_profiled(const CommandLine& line, const std::function<void()>& work) {
  if (!line.output.profile) return work();
  require_writable(*line.output.profile);
  Profile profile(uses_gpus(line));
  try {
    work();
  } catch (...) {
    profile.save(*line.output.profile);
    throw;
  }
  profile.save(*line.output.profile);
}

}  // namespace deepcache_gen
