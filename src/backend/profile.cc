#include "backend/profile.h"

#include <torch/csrc/autograd/profiler_kineto.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <set>
#include <string>

#include "backend/foreign_errors.h"
#include "support/atomic_file.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using torch::profiler::impl::ActivityType;
using torch::profiler::impl::ExperimentalConfig;
using torch::profiler::impl::ProfilerConfig;
using torch::profiler::impl::ProfilerState;

ProfilerConfig settings() {
  ExperimentalConfig details;
  details.profile_all_threads = true;
  details.enable_cuda_sync_events = true;  // who waits for what is asked of a profile first
  return ProfilerConfig(ProfilerState::KINETO, false, false, false, false, false, details);
}

// Kineto does not say whether it could write all of it.
void require_whole(const std::filesystem::path& written, const std::filesystem::path& file) {
  std::ifstream stream(written, std::ios::binary | std::ios::ate);
  const std::streamoff size = stream.tellg();
  char last[2] = {};
  if (size >= 2) stream.seekg(size - 2).read(last, 2);
  if (last[0] == '}' || last[1] == '}') return;
  throw Error(file.string() + ": cannot be written: LibTorch's profiler ended it too early; the disk may be full");
}

}  // namespace

Profile::Profile(bool of_gpus) {
  std::set<ActivityType> activities{ActivityType::CPU};
  if (of_gpus) {
    activities.insert(ActivityType::CUDA);
  } else {
    setenv("KINETO_LOG_LEVEL", "99", 0);  // it would complain on stderr that there is no GPU
  }
  translate_foreign_errors("--profile", [&] {
    torch::autograd::profiler::prepareProfiler(settings(), activities);
    torch::autograd::profiler::enableProfiler(settings(), activities);
  });
}

Profile::~Profile() {
  if (is_running_) torch::autograd::profiler::disableProfiler();
}

void Profile::save(const std::filesystem::path& file) {
  is_running_ = false;
  const auto result =
      translate_foreign_errors("--profile", [] { return torch::autograd::profiler::disableProfiler(); });
  write_file_atomically(file, [&](const std::filesystem::path& temporary) {
    result->save(temporary.string());
    std::filesystem::remove(temporary.string() + ".tmp");  // what Kineto leaves where it fails
    require_whole(temporary, file);
  });
}

}  // namespace deepcache_gen
