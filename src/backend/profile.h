#pragma once

#include <filesystem>

namespace deepcache_gen {

/// A timeline of what all threads have LibTorch do, and the GPUs if there are any, from when it is made until it is
/// saved; by LibTorch's own profiler (Kineto, for GPUs CUPTI). There may be one at a time, begun before other threads
/// are. It keeps all events in memory, some hundred bytes for each operator, each of which takes microseconds longer.
class Profile {
 public:
  /// `of_gpus`: also what the CUDA devices do, whose library has been opened (`find_cuda_devices`). Throws `Error`
  /// where LibTorch can't begin it.
  explicit Profile(bool of_gpus);
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;
  /// Without `save` nothing is written.
  ~Profile();

  /// Ends it and writes it as a Chrome trace: JSON that ui.perfetto.dev and chrome://tracing show. Once, by the thread
  /// that began it. The file appears when it is whole. Throws `Error` where it can't be written, `NoMoreOutput` where
  /// the disk is full.
  void save(const std::filesystem::path& file);

 private:
  bool is_running_ = true;
};

}  // namespace deepcache_gen
